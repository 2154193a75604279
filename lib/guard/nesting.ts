/**
 * Which calls run inside which: a call that waits for a permit inside a call that holds one of the same lane may wait for
 * itself, one that throws what a call inside it has thrown has nothing to add to it, and the time of a call inside is not
 * that of the dependency outside. Seen where the platform knows what belongs to which call; elsewhere nothing is.
 */
import { chainOf } from "../errors.ts";
import type { Lane } from "../gate/types.ts";
import { type CallContext, callContext, type Runtime } from "../runtime.ts";
import { isLazy } from "./lazy.ts";

/** One call that holds a permit, or has held it. */
export interface Frame {
  readonly key: string;
  readonly lane: Lane;
  outer: Frame | undefined;
  /** It has given its permit back; what it began may still go on. */
  over: boolean;
  /** What calls inside it have thrown: those have been judged for it already. */
  judged: WeakSet<object> | null;
  /** Calls inside it that have no answer yet; they may wait for their permit. */
  inside: number;
  /** The time of those that have theirs, in milliseconds. */
  insideMs: number;
  /** Since when there are some, on the monotonic clock. */
  insideSince: number;
}

/** One for all that run in this process, made when it is first needed. */
let frames: CallContext<Frame> | null | undefined;

function framesOf(): CallContext<Frame> | null {
  if (frames === undefined) frames = callContext<Frame>();
  return frames;
}

/** Of a call of the gate with that key; null where nothing can be seen. */
export function frameOf(key: string, lane: Lane): Frame | null {
  const store = framesOf();
  if (!store) return null;
  const outer = alive(store.getStore());
  return { key, lane, outer, over: false, judged: null, inside: 0, insideMs: 0, insideSince: 0 };
}

/** Without those that are over, all the way: a job that begins its own successor must not keep all that came before it. */
function alive(frame: Frame | undefined): Frame | undefined {
  let first = frame;
  while (first?.over) first = first.outer;
  for (let one = first; one; one = one.outer) while (one.outer?.over) one.outer = one.outer.outer;
  return first;
}

/** Runs a call so that calls inside it are known for what they are. */
export function runIn<Given, Value>(
  frame: Frame | null | undefined,
  call: (given: Given) => PromiseLike<Value> | Value,
  given: Given,
): PromiseLike<Value> | Value {
  return frame && frames ? frames.run(frame, (one: Given) => begun(call(one)), given) : call(given);
}

/** What runs once somebody looks at it is looked at here, or it would run outside of the call. */
const begun = <Value>(made: PromiseLike<Value> | Value): PromiseLike<Value> | Value =>
  isLazy(made) ? Promise.resolve(made) : made;

/**
 * Asks for a call. Where that is done inside another one, which waits for it, as it seems, until there is an answer, the
 * other one's dependency is neither slow nor failing meanwhile.
 */
export function askedInside<Value>({ monotonicMs }: Runtime, ask: () => Promise<Value>): Promise<Value> {
  const outer = currentFrame();
  if (!outer || outer.over) return ask();
  outer.inside += 1;
  if (outer.inside === 1) outer.insideSince = monotonicMs();
  const answered = () => {
    outer.inside -= 1;
    if (outer.inside === 0) outer.insideMs += monotonicMs() - outer.insideSince;
  };
  return ask().then(
    (value) => {
      answered();
      return value;
    },
    (error: unknown) => {
      answered();
      throw error;
    },
  );
}

/** How long there were calls inside it that somebody else had to answer, in milliseconds. */
export const insideMsOf = (frame: Frame | null, { monotonicMs }: Runtime): number =>
  frame === null ? 0 : frame.insideMs + (frame.inside === 0 ? 0 : monotonicMs() - frame.insideSince);

/** Of the call that this is asked in: whoever calls back later may do so from elsewhere. */
export const currentFrame = (): Frame | undefined => framesOf()?.getStore();

/** Whether this platform tells which call is inside which. */
export const seesNesting = (): boolean => framesOf() !== null;

/** Whether whoever asks is inside a call of that gate and lane, which still holds its permit. */
export function isInside(key: string, lane: Lane): boolean {
  for (let frame = framesOf()?.getStore(); frame; frame = frame.outer) {
    if (!frame.over && frame.lane === lane && frame.key === key) return true;
  }
  return false;
}

/** Of an error that a call inside that frame has thrown, once it was judged. */
export function noteJudged(outer: Frame | undefined, error: unknown): void {
  if (!outer || typeof error !== "object" || error === null) return;
  outer.judged ??= new WeakSet();
  outer.judged.add(error);
}

/** Whether that is, or was made of, what a call inside the frame has thrown; of several at once, whether all of them are. */
export function wasJudgedInside(frame: Frame | null, error: unknown): boolean {
  const judged = frame?.judged;
  if (!judged) return false;
  const isJudged = (one: unknown) => chainOf(one).some((link) => judged.has(link as object));
  return (
    isJudged(error) || (error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isJudged))
  );
}
