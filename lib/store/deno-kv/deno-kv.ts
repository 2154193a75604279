/**
 * Deno KV: the machines themselves, by compare-and-set.
 *
 * Map of this folder: `platform` is the part of Deno that is used, and opens it; `transactions` runs machines, with
 * `form` (states as text), `pages` (text in entries), `pace` (room for others) and `retried` (when they were faster);
 * `clock` is the time of a store that has none; `values` are the small values and the log.
 */
import type { Runtime } from "../../runtime.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { storeClock } from "./clock.ts";
import { connection } from "./platform.ts";
import { type Place, transactions } from "./transactions.ts";
import { openKv, openLog } from "./values.ts";

export type { StoreAdapter } from "../port.ts";

const SCHEME = "deno-kv:";
/** All of a gate is written with every renewal. */
const SESSIONS_KEPT = 1_024;
/** Each is a read and a commit, and others leave room between. Rule 7. */
const RENEWALS_PER_SECOND = 200;
const DEADLINE_MS = 250;
/** It opens a file, or finds its deployment's database. */
const FIRST_CONTACT_MS = 2_000;

/**
 * A store in Deno KV: on Deno Deploy the deployment's, elsewhere a file that the processes of one machine share. Opens
 * nothing until it is first used. Needs `--unstable-kv` outside Deno Deploy, and for a path permission to read and write
 * it.
 *
 * Guarantees: atomic, since a state is written by one commit that checks what was read; clock: the instances' own, as
 * `clock` says, with what one wrong clock costs; durability: Deno's, a file survives the process; where everything is
 * lost, a new life begins. A gate of up to 768 KiB: beyond it the renewal is refused and nothing is written.
 *
 * @param path `deno-kv:`, `deno-kv:PATH`, a path, or nothing for the default database. `:memory:` is this store's alone.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: denoKv(Deno.env.get("STATE_URL")) });
 * ```
 */
export function denoKv(path?: string): StoreAdapter {
  const given = path ?? "";
  const target = (given.startsWith(SCHEME) ? given.slice(SCHEME.length) : given) || null;
  const address = `${SCHEME}${target ?? ""}`;
  return { kind: "deno-kv", address, open: (runtime) => open(target, address, runtime) };
}

function open(path: string | null, address: string, runtime: Runtime): Store {
  const connect = connection(path, runtime);
  const place: Place = { connect, clock: storeClock(runtime), runtime };
  return {
    kind: "deno-kv",
    address,
    traits: {
      gate: { pushes: false, renewalsPerSecond: RENEWALS_PER_SECOND, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      sharesIo: true,
      freezes: false,
      ownClock: false,
      deadlineMs: DEADLINE_MS,
      firstContactMs: FIRST_CONTACT_MS,
    },
    transact: transactions(place),
    // Nobody is called: who waits asks again by itself.
    onPush: () => () => {},
    kv: openKv(place),
    log: openLog(place),
    close: () => connect.close(),
  };
}
