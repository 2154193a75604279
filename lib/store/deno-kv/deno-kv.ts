/**
 * Deno KV: the machines themselves, by compare-and-set.
 *
 * Map of this folder: `platform` is the part of Deno that is used, and opens it; `transactions` runs machines, with
 * `form` (states as text), `pages` (text in entries), `pace` (room for others) and `retried`
 * (when they were faster); `clock` is the time of a
 * store that has none; `values` are the small values and the log.
 */
import type { Runtime } from "../../runtime.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { storeClock } from "./clock.ts";
import { connection } from "./platform.ts";
import { type Place, transactions } from "./transactions.ts";
import { openKv, openLog } from "./values.ts";

export interface DenoKvOptions {
  /** How long a new life leaves to holders to be adopted, in milliseconds. Default 2,000; tests want less. */
  readonly adoptingMs?: number;
}

const SCHEME = "deno-kv:";
const DEFAULT_ADOPTING_MS = 2_000;
/** Their entries are written with every batch. */
const SESSIONS_KEPT = 1_024;

/**
 * A store in Deno KV: on Deno Deploy the deployment's, elsewhere a file that the processes of one machine share. Opens
 * nothing until it is first used. Needs `--unstable-kv` outside Deno Deploy, and for a path permission to read and write
 * it.
 *
 * Guarantees: atomic, since a state is written by one commit that checks what was read; clock: the instances' own, as
 * `clock` says, with what one wrong clock costs; durability: Deno's, a file survives the process; where everything is
 * lost, a new life begins. A gate of up to 768 KiB: beyond it the batch is refused and nothing is written.
 *
 * @param path `deno-kv:`, `deno-kv:PATH`, a path, or nothing for the default database. `:memory:` is this store's alone.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: denoKv(Deno.env.get("STATE_URL")) });
 * ```
 */
export function denoKv(path?: string, options: DenoKvOptions = {}): StoreAdapter {
  const given = path ?? "";
  const target = (given.startsWith(SCHEME) ? given.slice(SCHEME.length) : given) || null;
  const address = `${SCHEME}${target ?? ""}`;
  return { kind: "deno-kv", address, open: (runtime) => open(target, address, options, runtime) };
}

function open(path: string | null, address: string, options: DenoKvOptions, runtime: Runtime): Store {
  const connect = connection(path, runtime);
  const place: Place = { connect, clock: storeClock(runtime), runtime };
  return {
    kind: "deno-kv",
    address,
    traits: {
      gate: { wakes: false, adoptingMs: options.adoptingMs ?? DEFAULT_ADOPTING_MS, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      sharesIo: true,
      ownClock: false,
    },
    transact: transactions(place),
    // Nobody is called: waiters ask at the time they were told.
    onWake: () => () => {},
    kv: openKv(place),
    log: openLog(place),
    close: () => connect.close(),
  };
}
