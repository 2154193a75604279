/**
 * Whether the contract suites hold with other versions of optional peers than the one that is installed:
 * `npm run test:peers`, or `npm run test:peers -- redis oracledb@6` for some of them. Each version is installed in a
 * folder of its own, away from this one, and goes into the tests in the place of the installed one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Peer {
  readonly name: string;
  /** The newest of each major before the installed one; the oldest that the range in package.json lets in. */
  readonly versions: readonly string[];
  /** What else the version needs to be told by itself. */
  readonly beside: readonly string[];
  readonly suites: readonly string[];
  /** Tests whose names have this are left out: what an older major cannot do, and we do not do for it. */
  readonly except?: string;
}

const PEERS: readonly Peer[] = [
  {
    name: "redis",
    versions: ["5.10.0", "5"],
    beside: [],
    suites: [
      "test/store/contract.test.ts",
      "test/store/redis.test.ts",
      "test/store/redis-connection.test.ts",
      "test/store/redis-pushes.test.ts",
      "test/store/redis-cluster.test.ts",
      "test/store/redis-given.test.ts",
      "test/store/limiter.test.ts",
      "test/cli/doctor-store.test.ts",
    ],
  },
  { name: "ioredis", versions: ["5.4.1"], beside: [], suites: ["test/store/redis-given.test.ts"] },
  {
    name: "@hono/node-server",
    versions: ["1"],
    beside: ["hono"],
    // A Host in capitals with its default port is 400 in version 1.
    except: "of APP:80 is one",
    suites: [
      "test/node/serve.test.ts",
      "test/node/shutdown.test.ts",
      "test/node/raw-requests.test.ts",
      "test/node/sendable.test.ts",
      "test/http/body-limit.test.ts",
      "test/http/limit.test.ts",
      "test/http/csv-stream.test.ts",
      "test/cli/status.test.ts",
    ],
  },
  {
    name: "oracledb",
    versions: ["6", "7"],
    beside: [],
    suites: [
      "test/database/values.test.ts",
      "test/database/traps-oracle.test.ts",
      "test/database/oracle.test.ts",
      "test/database/oracle-errors.test.ts",
      "test/database/oracle-listener.test.ts",
      "test/database/oracle-outdated.test.ts",
      "test/database/oracle-statements.test.ts",
      "test/database/oracle-transactions.test.ts",
      "test/database/oracle-words.test.ts",
    ],
  },
];

const wanted = process.argv.slice(2);
const isWanted = (name: string, version: string) =>
  wanted.length === 0 || wanted.includes(name) || wanted.includes(`${name}@${version}`);

const results = PEERS.flatMap((peer) =>
  peer.versions.filter((version) => isWanted(peer.name, version)).map((version) => tried(peer, version)),
);
for (const { what, passed } of results) console.log(`${passed ? "passed" : "FAILED"}  ${what}`);
process.exitCode = results.length > 0 && results.every(({ passed }) => passed) ? 0 : 1;

function tried({ name, beside, suites, except }: Peer, version: string) {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-peer-"));
  try {
    const packages = [`${name}@${version}`, ...beside];
    run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", ...packages]);
    const home = join(folder, "node_modules", name);
    const { version: installed } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    console.log(`${name} ${installed}: ${suites.length} suites`);
    const left = except === undefined ? [] : ["-t", `^(?!.*${except})`];
    const vitest = ["vitest", "run", "--config", "test/peers/vitest.config.ts", ...left, ...suites];
    const passed = run("npx", vitest, { TIDEGATE_PEER: name, TIDEGATE_PEER_HOME: home });
    return { what: `${name} ${installed}`, passed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  return spawnSync(command, words, { stdio: "inherit", env: { ...process.env, ...env } }).status === 0;
}
