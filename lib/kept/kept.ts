/**
 * Asks a source, or what is kept of it: one call for many callers, and the last good answer while there is no other.
 *
 * Map of this folder: `asking` is what is asked of it, by `rules`, and of `when` an old answer will do; `values` is
 * that for users. `source` is asked once for many callers (`flights`) or for the fleet (`claim`, pure, and
 * `fleet-claim`), and by `refreshing` while nobody waits. `port` is a place where answers are kept: `memory`,
 * `cloudflare-kv`, `cache-api`, or several by `tiers`; under a `key`, in a `form`, no more than `entry-cap` lets in.
 * `forgetting` takes away, `figures` counts.
 */

import type { Tally } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import type { Attributes, Tracing } from "../telemetry/port.ts";
import { traced } from "../telemetry/span.ts";
import type { Asking, Held, Reply } from "./asking.ts";
import { createEntryCap, type EntryCap } from "./entry-cap.ts";
import { createKeptCounting, type KeptFigures, type KeptLately } from "./figures.ts";
import { createFleetClaim } from "./fleet-claim.ts";
import { createFlights, type Flight } from "./flights.ts";
import { createForgetting, type Forget, type Forgetting } from "./forgetting.ts";
import { boundForget, boundKey } from "./key.ts";
import { createKeptMemory, type KeptMemory, type Remembered } from "./memory.ts";
import type { KeepHome } from "./port.ts";
import { createRefreshing } from "./refreshing.ts";
import { BELIEVED_MS, createSource, type Landed, type Sharing } from "./source.ts";
import { createTiers } from "./tiers.ts";

export interface Kept {
  /** @throws What the source throws where nothing stands in for it; the reason of the caller's signal. */
  ask<Loaded>(asking: Asking<Loaded>): Promise<Reply<Loaded>>;
  /** Places for the answers of one use. */
  cap(name: string): EntryCap;
  /** @throws Error where the store does not confirm it; TypeError for what names nothing. */
  forget(forget: Forget): Promise<void>;
  figures(): KeptFigures & { readonly entries: number; readonly bytes: number };
  /** A part of these, for who asks often. */
  lately(): KeptLately & { readonly entries: number };
}

export interface KeptOptions {
  readonly store: Store;
  /** Where answers are kept. Default: the store's small values. */
  readonly home?: KeepHome | undefined;
  /** Of all keys in the store. */
  readonly prefix: string;
  /** Outlives the answer, where the platform can be told. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  /** Counts for the fleet. */
  readonly tally: (tally: Tally) => void;
  /** Default: there are no traces. */
  readonly tracing?: Tracing | null | undefined;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

/** Instances that share a process share its memory, as they share such a store: each application one, by its prefix. */
const MEMORIES = new WeakMap<Store, Map<string, KeptMemory>>();

function memoryOf(store: Store, prefix: string, runtime: Runtime): KeptMemory {
  if (!store.traits.inProcess) return createKeptMemory(runtime);
  const ofStore = MEMORIES.get(store) ?? new Map<string, KeptMemory>();
  MEMORIES.set(store, ofStore);
  const memory = ofStore.get(prefix) ?? createKeptMemory(runtime);
  ofStore.set(prefix, memory);
  return memory;
}

export function createKept({ store, home, prefix, waitUntil, tally, tracing = null, runtime, log }: KeptOptions): Kept {
  const memory = memoryOf(store, prefix, runtime);
  const place = home ?? (store.traits.inProcess ? null : store.kv);
  const tiers = createTiers({ memory, home: place, prefix, forgetting: () => forgetting, runtime, log });
  const forgetting: Forgetting = createForgetting({
    store,
    key: `${prefix}:forgetting`,
    forgotten: () => tiers.sweep(),
    runtime,
  });
  const claims = createFleetClaim({ store, prefix, runtime });
  const flights = createFlights<Landed<unknown>>(runtime);
  const counting = createKeptCounting({ tally, runtime, log });
  const outlive = (work: Promise<unknown>) => waitUntil?.(work);
  const source = createSource({ tiers, claims, outlive, runtime, log });

  const join = <Loaded>(asking: Asking<Loaded>, sharing: Sharing) => {
    const begin = (flight: Flight) => source(asking, flight, sharing);
    if (asking.isAlone || !store.traits.sharesIo) return alone(begin, asking.signal());
    const { leads, landed } = flights.join(asking.key, asking.signal(), begin);
    return { leads, landed: landed as Promise<Landed<Loaded>> };
  };

  const refreshing = createRefreshing({ join, outlive, sharesIo: store.traits.sharesIo, runtime });

  /** Nobody is waited for: most questions of a busy route end here. */
  const near = <Loaded>({ key, use, isReadable }: Asking<Loaded>): Held | null => {
    const found = tiers.recall(key);
    return found && found.ageMs < use.rules.freshMs && isReadable(found.entry) ? asHeld(found, "fresh") : null;
  };
  /** What is given; else whether there is an older one, which but one of the fleet is to replace. */
  const further = async <Loaded>(asking: Asking<Loaded>): Promise<Held | "older" | null> => {
    const { freshMs, staleMs, inBackground } = asking.use.rules;
    const found = await tiers.find(asking.key, staleMs, refreshing.isFailing(asking.key) ? BELIEVED_MS : 0);
    if (!found || !asking.isReadable(found.entry)) return null;
    if (found.ageMs < freshMs) return asHeld(found, "fresh");
    if (found.ageMs > staleMs || refreshing.isDenied(asking.key)) return null;
    if (!inBackground || !asking.reload) return "older";
    const degraded = await refreshing.begin(asking, found.ageMs);
    return degraded ? { ...found, how: "stale", degraded } : asHeld(found, "refreshing");
  };

  const counted = (held: Held): Reply<never> => {
    if (held.degraded) counting.countStale(held.degraded.code, held.ageMs);
    else if (held.how !== "stale") counting.count(held.how, held.ageMs);
    return { kind: "kept", ...held };
  };

  const answered = async <Loaded>(asking: Asking<Loaded>): Promise<Reply<Loaded>> => {
    const { freshMs, inBackground, isFleets } = asking.use.rules;
    let sharing: Sharing = isFleets && !asking.isAlone ? "fleet" : "instance";
    if (freshMs > 0 || inBackground) {
      const looking = forgetting.look();
      if (looking) await looking;
      const found = near(asking) ?? (await further(asking));
      if (found && found !== "older") return counted(found);
      if (found && !asking.isAlone) sharing = "fleet";
    }
    asking.signal()?.throwIfAborted();
    const { leads, landed } = join(asking, sharing);
    let flown: Landed<Loaded>;
    try {
      flown = await landed;
    } catch (error) {
      if (asking.degradedOf(error)) counting.count("missing");
      throw error;
    }
    if (flown.kind === "held") return counted(flown.held);
    if (leads && flown.kind === "loaded") {
      flown.entry?.then((entry) => entry && refreshing.allow(asking.key));
      counting.count("loaded");
      return { kind: "own", loaded: flown.loaded };
    }
    const entry = flown.kind === "loaded" ? await flown.entry : null;
    if (entry) return counted({ entry, ageMs: entry.takenMs, how: "shared", degraded: null });
    // What cannot be shared is each caller's own.
    return { kind: "own", loaded: await asking.load(asking.signal() ?? new AbortController().signal) };
  };

  return {
    ask: (asking) =>
      traced(tracing, "tidegate.kept", {}, async (span) => {
        const key = boundKey(asking.key);
        const reply = await answered(typeof key === "string" ? asking : { ...asking, key: await key });
        span?.set(toldOf(reply));
        return reply;
      }),
    cap: (name) => createEntryCap(runtime.monotonicMs, (most) => log.warn("kept.full", { name, max_entries: most })),
    forget: async (forget) => forgetting.say(await boundForget(forget)),
    figures: () => ({ ...counting.figures(), entries: memory.entries, bytes: memory.bytes }),
    lately: () => ({ ...counting.lately(), entries: memory.entries }),
  };
}

const asHeld = ({ entry, ageMs }: Remembered, how: "fresh" | "refreshing"): Held => ({
  entry,
  ageMs,
  how,
  degraded: null,
});

function toldOf(reply: Reply<unknown>): Attributes {
  if (reply.kind === "own") return { "tidegate.kept.how": "loaded" };
  return { "tidegate.kept.how": reply.how, "tidegate.kept.age_seconds": Math.floor(reply.ageMs / 1_000) };
}

/** For platforms on which requests must not wait for each other. */
function alone<Landing>(
  begin: (flight: Flight) => Promise<Landing>,
  signal: AbortSignal = new AbortController().signal,
): { readonly leads: true; readonly landed: Promise<Landing> } {
  return { leads: true, landed: begin({ signal, isShared: () => false }) };
}
