/**
 * What is known of the request, or of the restart, that something runs in: for those who are handed nothing of it, since
 * they are made before there is an instance, or below one. Nothing where the platform cannot tell.
 */
import { type CallContext, callContext } from "../runtime.ts";
import type { Tracing } from "./port.ts";

export interface Ambient {
  /** By whom its trace is kept. */
  readonly tracing?: Tracing | null | undefined;
  /** The pattern of the route that answers, such as `/orders/:id`; undefined where there is none. */
  readonly route?: (() => string | undefined) | undefined;
}

/** One for all that run in this process, made when it is first needed. */
let ambient: CallContext<Ambient> | null | undefined;

function contextOf(): CallContext<Ambient> | null {
  if (ambient === undefined) ambient = callContext<Ambient>();
  return ambient;
}

export const ambientHere = (): Ambient => contextOf()?.getStore() ?? {};

/** Calls `work` with that known inside it, beside what was known before. */
export function withAmbient<Value>(known: Ambient, work: () => Value): Value {
  const context = contextOf();
  return context ? context.run({ ...context.getStore(), ...known }, work, undefined) : work();
}
