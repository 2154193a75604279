/**
 * `npm run seed`: fills a PostgreSQL or an Oracle with the demo plant. Reads the command line, tells what happens, and ends with
 * exit code 1 and a sentence where something is wrong.
 *
 * Map of this folder: `seed` (this file) is the command; `load` fills a PostgreSQL, `oracle/` an Oracle, both by the
 * `statements` that are made of `sql/`; `progress` tells how far it is.
 */
import { parseArgs } from "node:util";
import postgres from "postgres";
import { parseOracleUrl } from "../../lib/database/oracle/address.ts";
import { AlreadySeeded, type Loaded, type LoadOptions, load, SeedRefused } from "./load.ts";
import { progress } from "./progress.ts";
import { LOTS_PER_SCALE, MAX_LOTS } from "./statements.ts";

const MAX_SCALE = Math.floor(MAX_LOTS / LOTS_PER_SCALE);

const HELP = `Fills a PostgreSQL or an Oracle with the demo plant: lots, their history, holds, rejects and genealogy.

  npm run seed -- [--scale N] [--url postgres://user:password@host:port/database] [--reset | --once]
                             [--url oracle://user:password@host:port/service]

  --scale N   how much history. 1 (the default) is the demo: ${LOTS_PER_SCALE} lots and about 50,000 events;
              100 is 5,000,000 events, about 0.9 GB. Fractions work: 0.1 is 5,000 events.
  --url URL   the database; the default is DATABASE_URL
  --reset     drop the schema "fab" first (in Oracle: its tables of the plant). Without it, a database that holds lots is left as it is.
  --once      be content with that: exit code 0 where it holds lots already, for what runs with every start
  --help      this text

The same scale gives the same rows on every machine. Everything is in the schema "fab"; nothing else is touched.
In Oracle the schema is a user, who has to exist: create user fab identified by "..." quota unlimited on users.
The embedded database needs no seed: it loads scale 1 when it starts.`;

interface Request {
  readonly url: string;
  readonly lotCount: number;
  readonly reset: boolean;
  readonly once: boolean;
}

/** @returns null when help was asked for */
function readRequest(args: string[]): Request | null {
  const { values } = parseOptions(args);
  if (values.help) return null;

  const scale = Number(values.scale);
  if (values.scale.trim() === "" || !(scale > 0 && scale <= MAX_SCALE)) {
    throw new SeedRefused(`--scale: a number above 0 and up to ${MAX_SCALE} is needed, got "${values.scale}".`);
  }
  const url = values.url ?? process.env.DATABASE_URL;
  if (url === undefined || url === "") {
    throw new SeedRefused("No database: give --url postgres://user:password@host:port/database or set DATABASE_URL.");
  }
  if (!/^oracle:/.test(url) && (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))) {
    throw new SeedRefused(
      "The database's address must begin with postgres:// or oracle:// (the embedded one seeds itself).",
    );
  }
  return { url, lotCount: Math.max(1, Math.round(scale * LOTS_PER_SCALE)), reset: values.reset, once: values.once };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        scale: { type: "string", default: "1" },
        url: { type: "string" },
        reset: { type: "boolean", default: false },
        once: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new SeedRefused(`${error instanceof Error ? error.message : error}\nTry --help.`);
  }
}

/** What is being filled, named without user and password, and how. */
interface Target {
  readonly address: string;
  fill(options: LoadOptions): Promise<Loaded>;
}

function targetOf(url: string): Target {
  return url.startsWith("oracle:") ? oracleTarget(url) : postgresTarget(new URL(url));
}

function postgresTarget(url: URL): Target {
  return {
    address: `${url.host}${url.pathname}`,
    fill: async (options) => {
      const sql = postgres(url.href, {
        max: 1,
        connect_timeout: 10,
        onnotice: () => {},
        idle_timeout: 0,
        max_lifetime: null,
      });
      try {
        return await load(sql, options);
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}

function oracleTarget(url: string): Target {
  const target = parseOracleUrl(url);
  return {
    address: target.address.slice("oracle://".length),
    fill: async (options) => (await import("./oracle/seed.ts")).seedOracle(target, options),
  };
}

async function seed({ url, lotCount, reset }: Request): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const target = targetOf(url);
  say(`Loading ${lotCount.toLocaleString("en")} lots into ${target.address}`);
  const startedMs = performance.now();
  const bar = progress(lotCount, "lots", process.stderr);

  process.once("SIGINT", () => {
    bar.end();
    say("Interrupted. The plant is incomplete: run again with --reset.");
    process.exit(130);
  });
  const loaded = await target.fill({
    lotCount,
    reset,
    onLots: (lots) => {
      bar.advance(lots);
      if (lots === lotCount) bar.end();
    },
    onStage: (stage) => say(`… ${stage}`),
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`${loaded.events.toLocaleString("en")} events of ${loaded.lots.toLocaleString("en")} lots in ${seconds} s.`);
}

async function seedOnce(request: Request): Promise<void> {
  try {
    await seed(request);
  } catch (error) {
    if (!(error instanceof AlreadySeeded)) throw error;
    process.stderr.write(`${error.message}\n`);
  }
}

/** A sentence for the person at the terminal; neither driver puts user or password into its messages. */
function explain(error: unknown): string {
  if (error instanceof SeedRefused) return error.message;
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  // A refused connection to a name with several addresses is an AggregateError, whose own message is empty.
  const message = error instanceof Error ? error.message || "The database cannot be reached." : String(error);
  return `The seed failed${code}: ${message}\nMend the cause and run it again, with --reset if lots were loaded already.`;
}

try {
  const request = readRequest(process.argv.slice(2));
  if (request === null) console.log(HELP);
  else await (request.once ? seedOnce : seed)(request);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
