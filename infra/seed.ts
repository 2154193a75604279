/**
 * `npm run seed`: fills a PostgreSQL with the demo plant. Reads the command line, tells what happens, and ends with
 * exit code 1 and a sentence where something is wrong.
 */
import { parseArgs } from "node:util";
import postgres from "postgres";
import { load, SeedRefused } from "./load.ts";
import { progress } from "./progress.ts";
import { LOTS_PER_SCALE, MAX_LOTS } from "./seed-statements.ts";

const MAX_SCALE = Math.floor(MAX_LOTS / LOTS_PER_SCALE);

const HELP = `Fills a PostgreSQL with the demo plant: lots, their history, holds, rejects and genealogy.

  npm run seed -- [--scale N] [--url postgres://user:password@host:port/database] [--reset]

  --scale N   how much history. 1 (the default) is the demo: ${LOTS_PER_SCALE} lots and about 50,000 events;
              100 is 5,000,000 events, about 0.9 GB. Fractions work: 0.1 is 5,000 events.
  --url URL   the database; the default is DATABASE_URL
  --reset     drop the schema "fab" first. Without it, a database that holds lots is left as it is.
  --help      this text

The same scale gives the same rows on every machine. Everything is in the schema "fab"; nothing else is touched.
The embedded database needs no seed: it loads scale 1 when it starts.`;

interface Request {
  readonly url: URL;
  readonly lotCount: number;
  readonly reset: boolean;
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
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new SeedRefused("The database's address must begin with postgres:// (the embedded one seeds itself).");
  }
  return { url: new URL(url), lotCount: Math.max(1, Math.round(scale * LOTS_PER_SCALE)), reset: values.reset };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        scale: { type: "string", default: "1" },
        url: { type: "string" },
        reset: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new SeedRefused(`${error instanceof Error ? error.message : error}\nTry --help.`);
  }
}

async function seed({ url, lotCount, reset }: Request): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  // No user, no password.
  say(`Loading ${lotCount.toLocaleString("en")} lots into ${url.host}${url.pathname}`);
  const sql = postgres(url.href, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    idle_timeout: 0,
    max_lifetime: null,
  });
  const startedMs = performance.now();
  const bar = progress(lotCount, "lots", process.stderr);

  process.once("SIGINT", () => {
    bar.end();
    say("Interrupted. The plant is incomplete: run again with --reset.");
    process.exit(130);
  });
  try {
    const loaded = await load(sql, {
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
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A sentence for the person at the terminal; postgres.js puts neither user nor password into its messages. */
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
  else await seed(request);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
