/** What every line says about where it comes from: the process, the instance, and the trace that is under way. */
import { ownProcess } from "../runtime.ts";
import { freeName } from "./format.ts";
import type { LogFields } from "./port.ts";
import type { Redactor } from "./redaction.ts";

/** Fields of every line, as they are now. */
export type Origin = () => LogFields;

export interface OriginParts {
  /** Null while it has no name. Default: there are no instances here. */
  readonly instance?: () => string | null;
  /** What is under way; null where nothing is. Default: nobody keeps traces. */
  readonly trace?: () => { readonly traceId: string; readonly spanId: string } | null;
}

/** What is not known is left out. The process is looked at with the first line: not every platform has one. */
export function originOf({ instance = () => null, trace = () => null }: OriginParts = {}): Origin {
  let ofProcess: LogFields | undefined;
  return () => {
    const pid = ofProcess === undefined ? ownProcess()?.pid : undefined;
    ofProcess ??= pid === undefined ? {} : { pid };
    const [name, ids] = [instance(), traceHere(trace)];
    return {
      ...ofProcess,
      ...(name !== null && { instance: name }),
      ...(ids && { trace_id: ids.traceId, span_id: ids.spanId }),
    };
  };
}

/** It may be somebody else's: what it throws must not cost a line. */
function traceHere(trace: NonNullable<OriginParts["trace"]>): ReturnType<typeof trace> {
  try {
    return trace();
  } catch {
    return null;
  }
}

/** What a line has to say: the event's own fields, without secrets, and behind them those of every line. */
export function wholeFields(fields: LogFields, redact: Redactor, origin: Origin): LogFields {
  const safe = redact.value(fields);
  return withOrigin(typeof safe === "object" && safe !== null ? (safe as LogFields) : { fields: safe }, origin());
}

/** A field that is called like one of every line goes by `field_NAME`. */
function withOrigin(fields: LogFields, origin: LogFields): LogFields {
  const isFree = (name: string) => !Object.hasOwn(origin, name);
  if (Object.keys(fields).every(isFree)) return { ...fields, ...origin };
  const taken = { ...fields, ...origin };
  const own = Object.entries(fields).map(([name, value]) => [isFree(name) ? name : freeName(taken, name), value]);
  return { ...Object.fromEntries(own), ...origin };
}
