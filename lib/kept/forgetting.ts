/**
 * What is kept ends before its time where somebody says so: by key, tag or the beginning of keys. Nothing is looked for
 * and deleted; whoever reads an entry knows what was said since it was made. Every instance looks for that every second
 * in which it is asked for kept answers.
 */
import type { Runtime } from "../runtime.ts";
import { isPlain, natural, object, oneOf, type Shape, text } from "../shape.ts";
import type { Machine, Store } from "../store/port.ts";
import { withDeadline } from "../time.ts";
import type { KeptEntry } from "./form.ts";

/** What is to be forgotten: one answer, all of a tag, or all whose keys begin so. */
export type Forget = { readonly key: string } | { readonly tag: string } | { readonly prefix: string };

interface Said {
  readonly what: "key" | "tag" | "prefix";
  readonly value: string;
  /** On the store's clock. */
  readonly at: number;
}

export interface ForgettingState {
  said: Said[];
  /** All that is older is forgotten: what was said before is not known one by one any more. Below 0: all up to now. */
  before: number;
}

const isSaid: Shape<Said> = object({ what: oneOf(["key", "tag", "prefix"]), value: text, at: natural });

/** What can be read of it. Where anything cannot, nobody knows what else was said: then all is forgotten up to now. */
function savedForgetting(found: unknown): ForgettingState {
  const whole = isPlain(found) ? found : {};
  const all: readonly unknown[] = Array.isArray(whole.said) ? whole.said : [];
  const sound = all.filter(isSaid);
  const isWhole = Array.isArray(whole.said) && sound.length === all.length && natural(whole.before);
  return { said: sound, before: isWhole && natural(whole.before) ? whole.before : -1 };
}

/** Nothing was said later than now: from a moment to come, all would be forgotten for as long. */
function passTime(state: ForgettingState, now: number): void {
  state.before = state.before < 0 ? now : Math.min(state.before, now);
  state.said = state.said.map((one) => (one.at > now ? { ...one, at: now } : one));
}

type Message =
  | { readonly kind: "look" }
  | { readonly kind: "forget"; readonly what: Said["what"]; readonly value: string };

interface Result {
  readonly said: readonly { readonly what: Said["what"]; readonly value: string; readonly agoMs: number }[];
  readonly beforeAgoMs: number;
  readonly push: readonly [];
}

/** Sayings known one by one; an older one forgets everything that is older than it. */
const SAID_KEPT = 200;

export const forgettingMachine: Machine<ForgettingState, Message, Result> = {
  name: "kept-forgetting",
  empty: () => ({ said: [], before: 0 }),
  saved: savedForgetting,
  step: (state, message, now) => {
    passTime(state, now);
    if (message.kind === "forget") say(state, message, now);
    return {
      said: state.said.map(({ what, value, at }) => ({ what, value, agoMs: Math.max(0, now - at) })),
      beforeAgoMs: Math.max(0, now - state.before),
      push: [],
    };
  },
};

function say(state: ForgettingState, { what, value }: Omit<Said, "at">, now: number): void {
  state.said = state.said.filter((one) => one.what !== what || one.value !== value);
  state.said.push({ what, value, at: now });
  while (state.said.length > SAID_KEPT) state.before = Math.max(state.before, state.said.shift()?.at ?? 0);
}

/** A look older than this is made again beside what is asked, and one older than that before it. */
const LOOK_AGAIN_MS = 1_000;
const BLIND_MS = 5_000;
const LOOK_WITHIN_MS = 500;

export interface Forgetting {
  /** @throws Error where the store does not confirm it. */
  say(forget: Forget): Promise<void>;
  /** Before entries are judged: at once where what is known is recent. Never rejects. */
  look(): Promise<void> | undefined;
  /** Whether an entry of that age is forgotten, as far as is known. */
  isForgotten(entry: KeptEntry, ageMs: number): boolean;
}

export interface ForgettingOptions {
  readonly store: Store;
  readonly key: string;
  /** Hears of what has been said, for what is at hand. */
  readonly forgotten: () => void;
  readonly runtime: Runtime;
}

export function createForgetting({ store, key, forgotten, runtime }: ForgettingOptions): Forgetting {
  let known: Omit<Result, "push"> = { said: [], beforeAgoMs: Number.POSITIVE_INFINITY };
  let knownAt = Number.NEGATIVE_INFINITY;
  /** Also in vain: a store that is away is not asked by every caller. */
  let triedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const ask = async (message: Message): Promise<void> => {
    // What is said on the way is not missed: ages are taken for older than they are.
    const askedAt = runtime.monotonicMs();
    const heard = await store.transact(forgettingMachine, key, message);
    if (askedAt < knownAt) return message.kind === "forget" ? heed(message) : undefined;
    const sinceMs = runtime.monotonicMs() - knownAt;
    known = heard;
    knownAt = askedAt;
    triedAt = askedAt;
    if (heard.said.some(({ agoMs }) => agoMs <= sinceMs)) forgotten();
  };
  /** A look that began after it was answered before it, and does not know of it. */
  const heed = ({ what, value }: Omit<Said, "at">): void => {
    const agoMs = knownAt - runtime.monotonicMs();
    known = { ...known, said: [...known.said, { what, value, agoMs }] };
    forgotten();
  };
  const look = (): Promise<void> => {
    const refuse = () => new Error(`look what is to be forgotten: no answer within ${LOOK_WITHIN_MS} ms`);
    looking ??= withDeadline(ask({ kind: "look" }), { ms: LOOK_WITHIN_MS, runtime, refuse })
      .catch(() => {
        triedAt = runtime.monotonicMs();
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  return {
    say: (forget) => ask({ kind: "forget", ...saying(forget) }),
    look: () => {
      const ageMs = runtime.monotonicMs() - triedAt;
      if (ageMs < LOOK_AGAIN_MS) return undefined;
      const done = look();
      return ageMs < BLIND_MS ? undefined : done;
    },
    isForgotten: (entry, ageMs) => {
      const sinceMs = runtime.monotonicMs() - knownAt;
      if (ageMs >= known.beforeAgoMs + sinceMs) return true;
      return known.said.some((said) => ageMs >= said.agoMs + sinceMs && isMeant(said, entry));
    },
  };
}

/** @throws TypeError for what names nothing. */
function saying(forget: Forget): Omit<Said, "at"> {
  const given = Object.entries(forget).filter(([, value]) => value !== undefined);
  const [what, value] = given[0] ?? [];
  if (given.length !== 1 || (what !== "key" && what !== "tag" && what !== "prefix") || typeof value !== "string") {
    throw new TypeError(
      `tide.forget: one of { key }, { tag } and { prefix } is needed, a text, was ${JSON.stringify(forget)}`,
    );
  }
  return { what, value };
}

function isMeant({ what, value }: Pick<Said, "what" | "value">, { key, tags }: KeptEntry): boolean {
  if (what === "tag") return tags.includes(value);
  return what === "key" ? key === value : key.startsWith(value);
}
