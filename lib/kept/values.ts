/** Kept values: for jobs, resolvers and pages that are rendered on the server. */
import { UNFIT } from "../database/unfit-values.ts";
import type { GuardedDatabase } from "../guard/database/guarded-database.ts";
import { Reader } from "../guard/database/reader.ts";
import type { Runtime } from "../runtime.ts";
import { fromJson } from "../shape.ts";
import type { Asking, Degraded, Reply } from "./asking.ts";
import type { Kept } from "./kept.ts";
import { type KeepOptions, keepRules } from "./rules.ts";
import type { KeepWhen } from "./when.ts";

/** How one value is kept. */
export interface KeptValueOptions extends KeepOptions {
  /** What it is forgotten by, beside its key. */
  readonly tags?: readonly string[] | undefined;
  /** For which failures an old value stands in. Default: the codes that say that a source is away or busy. */
  readonly when?: KeepWhen | undefined;
  /** False for what is not worth keeping, such as an answer with an error inside. */
  readonly worthKeeping?: ((value: unknown) => boolean) | undefined;
  /** The caller gives up; others who ask for the same go on. */
  readonly signal?: AbortSignal | undefined;
}

/** What a source is asked with. */
export interface LoadContext {
  /** The guarded database, whose statements end once nobody waits for them. */
  readonly db: GuardedDatabase;
  /** Aborted once nobody waits for the value. */
  readonly signal: AbortSignal;
}

/** A value, new or old. */
export interface KeptValue<Value> {
  /** As JSON has it, and a copy of one's own; what JSON does not have is not kept, and handed on as it is. */
  readonly value: Value;
  /** When its source was asked. */
  readonly asOf: Date;
  /** It stands in for a new one that is not to be had. */
  readonly stale: boolean;
  /** Since then, in milliseconds. */
  readonly ageMs: number;
  /** Of a stale one: the contract's code of why; null otherwise. */
  readonly code: string | null;
  /** Of a stale one: when asking again makes sense, in milliseconds, where that is known; null otherwise. */
  readonly retryAfterMs: number | null;
}

/** Looks for a value by its key, as `tide.kept` does. */
export type KeptValues = <Value>(
  key: string,
  load: (context: LoadContext) => Promise<Value> | Value,
  options?: KeptValueOptions,
) => Promise<KeptValue<Value>>;

export interface KeptValuesOptions {
  readonly kept: Kept;
  readonly degradedWhen: (when: KeepWhen | undefined) => (error: unknown) => Degraded | null;
  readonly databaseFor: (reader: Reader) => GuardedDatabase;
  readonly runtime: Runtime;
}

const OWN_OPTIONS = ["tags", "when", "worthKeeping", "signal"];

export function keptValues({ kept, degradedWhen, databaseFor, runtime }: KeptValuesOptions): KeptValues {
  const cap = kept.cap("tide.kept");
  return async <Value>(
    key: string,
    load: (context: LoadContext) => Promise<Value> | Value,
    options: KeptValueOptions = {},
  ) => {
    if (typeof key !== "string" || key === "") {
      throw new TypeError(`tide.kept: a key is needed, a text such as "reports/7", was ${JSON.stringify(key)}`);
    }
    const rules = keepRules("tide.kept", options, OWN_OPTIONS);
    const { tags = [], worthKeeping = () => true } = options;
    const asked = async (signal: AbortSignal): Promise<Loaded<Value>> => {
      const askedAt = runtime.monotonicMs();
      const value = await load({ db: databaseFor(new Reader(() => signal)), signal });
      return { value, text: textOf(value), askedAt };
    };
    const asking: Asking<Loaded<Value>> = {
      use: { rules, cap },
      key,
      tags: () => tags,
      signal: () => options.signal,
      isAlone: false,
      load: asked,
      reload: asked,
      contentOf: ({ value, text }) =>
        text !== null && fits(text, rules.maxBytes) && worthKeeping(value) ? text : null,
      isReadable: ({ content }) => fromJson(content) !== undefined,
      degradedOf: degradedWhen(options.when),
    };
    return keptValueOf(await kept.ask(asking), runtime);
  };
}

interface Loaded<Value> {
  readonly value: Value;
  /** Null for what JSON does not have. */
  readonly text: string | null;
  /** On the monotonic clock. */
  readonly askedAt: number;
}

function textOf(value: unknown): string | null {
  try {
    return JSON.stringify(value, assertInJson) ?? null;
  } catch {
    return null;
  }
}

/** A `Map`, bytes or a promise would be `{}`, or something that nobody has written, wherever it stands. */
function assertInJson(_name: string, value: unknown): unknown {
  const isUnfit = typeof value === "object" && value !== null && UNFIT.some((is) => is(value));
  if (isUnfit) throw new TypeError("a kept value: what JSON has is needed");
  return value;
}

const fits = (text: string, maxBytes: number): boolean =>
  text.length <= maxBytes && new TextEncoder().encode(text).length <= maxBytes;

function keptValueOf<Value>(reply: Reply<Loaded<Value>>, { wallMs, monotonicMs }: Runtime): KeptValue<Value> {
  if (reply.kind === "own") {
    const { value, text, askedAt } = reply.loaded;
    const same = text === null ? value : (JSON.parse(text) as Value);
    const ageMs = monotonicMs() - askedAt;
    return { value: same, asOf: new Date(wallMs() - ageMs), stale: false, ageMs, code: null, retryAfterMs: null };
  }
  const { entry, ageMs, degraded } = reply;
  return {
    value: JSON.parse(entry.content) as Value,
    asOf: new Date(wallMs() - ageMs),
    stale: degraded !== null,
    ageMs,
    code: degraded?.code ?? null,
    retryAfterMs: degraded?.retryAfterMs ?? null,
  };
}
