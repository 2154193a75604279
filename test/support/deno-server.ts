/** Runs in Deno: a `denoKv` store over HTTP, with a clock that may be wrong. `deno.ts` starts it. */
import type { Renewal } from "../../lib/gate/renewal.ts";
import { type GateSnapshot, snapshot } from "../../lib/gate/snapshot.ts";
import type { Step } from "../../lib/gate/step.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { storeClock } from "../../lib/store/deno-kv/clock.ts";
import { denoKv } from "../../lib/store/deno-kv/deno-kv.ts";
import { opened } from "../../lib/store/deno-kv/form.ts";
import { readText } from "../../lib/store/deno-kv/pages.ts";
import type { DenoKv, KvKey } from "../../lib/store/deno-kv/platform.ts";
import { carry, type Load } from "../bench/deno-kv-load.ts";
import { gateMachine } from "./machines.ts";
import { storeServer } from "./store-server.ts";

export interface ServerOptions {
  readonly port: number;
  readonly path: string;
  /** How far its wall clock is ahead. */
  readonly wallAheadMs?: number;
}

/** Renewals told at moments that are given with them; those of one moment are sent together. */
export interface History {
  readonly key: string;
  readonly renewals: readonly { readonly renewal: Renewal; readonly now: number }[];
}
export interface Retold {
  readonly steps: readonly Pick<Step, "reply" | "events" | "push">[];
  readonly saved: GateSnapshot;
}

interface Platform {
  readonly args: readonly string[];
  openKv(path: string): Promise<DenoKv & { delete(key: KvKey): Promise<void> }>;
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (request: Request) => Promise<Response>,
  ): void;
}
const { Deno } = globalThis as unknown as { readonly Deno: Platform };
const { port, path, wallAheadMs = 0 } = JSON.parse(Deno.args[0] ?? "{}") as ServerOptions;

const system = systemRuntime();
const runtime: Runtime = { ...system, wallMs: () => system.wallMs() + wallAheadMs };
const store = denoKv(`deno-kv:${path}`).open(runtime);
const answers = storeServer(store);

/** By two instances on one file, as it were: neither may rely on being alone. */
async function retell({ key, renewals }: History): Promise<Retold> {
  let now = renewals[0]?.now ?? 0;
  const told: Runtime = { ...system, wallMs: () => now, monotonicMs: () => now };
  const instances = [denoKv(path).open(told), denoKv(path).open(told)] as const;
  const steps: Step[] = [];
  for (let at = 0; at < renewals.length; ) {
    const moment = renewals.slice(at).findIndex((one) => one.now !== renewals[at]?.now);
    const together = renewals.slice(at, moment === -1 ? renewals.length : at + moment);
    now = together[0]?.now ?? now;
    const [instance] = at % 3 === 0 ? instances : instances.toReversed();
    if (!instance) throw new Error("retell: an instance is needed, there is none");
    steps.push(...(await Promise.all(together.map(({ renewal }) => instance.transact(gateMachine, key, renewal)))));
    at += together.length;
  }
  const kv = await Deno.openKv(path);
  const { text } = await readText(kv, storeClock(told), key, ["tidegate", "machine", key, gateMachine.name], 1);
  kv.close();
  for (const instance of instances) await instance.close();
  return {
    steps: steps.map(({ reply, events, push }) => ({ reply, events, push })),
    saved: snapshot(opened(gateMachine, text).state),
  };
}

/** What there is under a key, and what was done to it behind the store's back. */
async function entries({ under, remove = [] }: { under: KvKey; remove?: readonly KvKey[] }): Promise<unknown> {
  const kv = await Deno.openKv(path);
  for (const key of remove) await kv.delete(key);
  const found = [];
  for await (const { key, versionstamp } of kv.list(
    { start: under, end: [...under, Number.POSITIVE_INFINITY] },
    { reverse: false, limit: 1_000, batchSize: 100 },
  )) {
    found.push({ key, versionstamp });
  }
  kv.close();
  return found;
}

Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log("listening") }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/history") return Response.json(await retell((await request.json()) as History));
  if (pathname === "/entries") return Response.json(await entries(await request.json()));
  if (pathname === "/load") return Response.json(await carry(store, (await request.json()) as Load));
  return answers(request);
});
