/** Asks a source for all who wait for it, keeps what it answers, and finds what stands in for what it does not. */
import { onBehalfOf } from "../guard/ambient.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Asking, Held } from "./asking.ts";
import type { Claimed, FleetClaim, Lead } from "./fleet-claim.ts";
import type { Flight } from "./flights.ts";
import type { KeptEntry } from "./form.ts";
import type { KeepRules } from "./rules.ts";
import type { Tiers } from "./tiers.ts";

/** What is at hand is not replaced sooner: a second more or less is nothing to an answer of last resort. */
const REPLACED_AFTER_MS = 1_000;
/** While there is no new answer, the fleet is asked for a younger one so often for each question. */
export const BELIEVED_MS = 1_000;

/** After a failure that an old answer stands in for, the fleet is not asked who asks: nothing of it comes of that. */
const TROUBLED_MS = 1_000;

/** Who shares a call: the callers of this instance, those of the fleet, or nobody who waits for it. */
export type Sharing = "instance" | "fleet" | "nobody";

/** From an answer until it is in its place, where others find it. */
const KEPT_WITHIN_MS = 1_000;

/** How a call of the source ended. `left`: it was not made, since another of the fleet still makes it. */
export type Landed<Loaded> =
  | { readonly kind: "left" }
  | { readonly kind: "loaded"; readonly loaded: Loaded; readonly entry: Promise<KeptEntry | null> | null }
  | { readonly kind: "held"; readonly held: Held };

export interface SourceParts {
  readonly tiers: Tiers;
  readonly claims: FleetClaim;
  /** Outlives the answer, where the platform can be told. */
  readonly outlive: (work: Promise<unknown>) => void;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export type Source = <Loaded>(asking: Asking<Loaded>, flight: Flight, sharing: Sharing) => Promise<Landed<Loaded>>;

export function createSource({ tiers, claims, outlive, runtime, log }: SourceParts): Source {
  /** Of answers that become entries, for nobody but those who come later. */
  const underWay = new Set<string>();
  let troubledUntil = Number.NEGATIVE_INFINITY;
  /** What the source has answered becomes an entry: for those who wait at once, and then for later. */
  const keeping = <Loaded>(
    { use, key, tags, contentOf }: Asking<Loaded>,
    loaded: Loaded,
    { startedAt, lead }: { readonly startedAt: number; readonly lead: Lead | null },
  ): Promise<KeptEntry | null> => {
    const entry = entryOf(async () => {
      const content = await contentOf(loaded);
      // A stream may have taken its time.
      const takenMs = runtime.monotonicMs() - startedAt;
      return content === null ? null : { key, tags: [...tags()], takenMs, content };
    });
    underWay.add(key);
    outlive(
      entry.then(async (made) => {
        const { staleMs, maxEntries } = use.rules;
        const isKept = made !== null && use.cap.admits(key, staleMs, maxEntries);
        const put = isKept ? tiers.put(made, staleMs) : undefined;
        underWay.delete(key);
        await put;
        await lead?.release(isKept);
      }),
    );
    return entry;
  };
  /** Begun at once: a moment later the answer belongs to its reader. */
  const entryOf = (make: () => Promise<KeptEntry | null>): Promise<KeptEntry | null> =>
    make().catch((error: unknown) => {
      log.warn("kept.not_kept", { error });
      return null;
    });

  const isDue = (key: string, { freshMs }: KeepRules): boolean => {
    if (underWay.has(key)) return false;
    const near = tiers.recall(key);
    return near === null || near.ageMs >= Math.max(REPLACED_AFTER_MS, freshMs);
  };

  async function standIn<Loaded>(asking: Asking<Loaded>, error: unknown, isWaitedFor: boolean): Promise<Held> {
    const degraded = asking.degradedOf(error);
    if (degraded) troubledUntil = runtime.monotonicMs() + TROUBLED_MS;
    if (!degraded || !isWaitedFor) throw error;
    const { staleMs } = asking.use.rules;
    const found = await tiers.find(asking.key, staleMs, BELIEVED_MS);
    if (!found || found.ageMs > staleMs || !asking.isReadable(found.entry)) throw error;
    return { ...found, how: "stale", degraded };
  }

  return async <Loaded>(asking: Asking<Loaded>, flight: Flight, sharing: Sharing): Promise<Landed<Loaded>> => {
    const { signal } = flight;
    const { key, use, load } = asking;
    const enteredAt = runtime.monotonicMs();
    // What finds no place is not shared either.
    const isShared = sharing !== "instance" && use.cap.hasRoom(key, use.rules.maxEntries);
    const claimed: Claimed = isShared && enteredAt >= troubledUntil ? await claims.enter(key, signal) : "alone";
    if (claimed === "busy" && sharing === "nobody" && !flight.isShared()) return { kind: "left" };
    const found = claimed === "done" ? await tiers.find(key, use.rules.staleMs, 0) : null;
    // A place that is behind may still have the one before.
    const isNew = found && found.ageMs - found.entry.takenMs <= runtime.monotonicMs() - enteredAt + KEPT_WITHIN_MS;
    if (found && isNew && asking.isReadable(found.entry)) {
      return { kind: "held", held: { ...found, how: "shared", degraded: null } };
    }
    const lead = typeof claimed === "object" ? claimed : null;
    const startedAt = runtime.monotonicMs();
    try {
      // The one who began it may leave, and others wait.
      const loaded = await onBehalfOf(signal, () => load(signal));
      const isWanted = lead !== null || flight.isShared() || isDue(key, use.rules);
      if (asking.isAlone || !isWanted) return { kind: "loaded", loaded, entry: null };
      return { kind: "loaded", loaded, entry: keeping(asking, loaded, { startedAt, lead }) };
    } catch (error) {
      if (lead) outlive(lead.release(false));
      return { kind: "held", held: await standIn(asking, error, sharing !== "nobody" || flight.isShared()) };
    }
  };
}
