/** A tag as an application holds it: the driver's own, whose queries are run here once they are asked for. */
import { type AmbientLimits, ambientLimits } from "../../guard/ambient.ts";
import { type Given, isQuery, type RawQuery, type RawTag } from "./driver.ts";
import { Statement, wholeCursor } from "./statement.ts";

/**
 * Runs a statement, and tells its query of the end.
 *
 * @param written The limits where the query was written, since it may be looked at elsewhere; undefined for none.
 */
export type Run = (statement: Statement, written: AmbientLimits | undefined) => void;

export interface TagPlan {
  readonly raw: RawTag;
  readonly run: Run;
  /** What a reader of a cursor says when it has had enough. */
  readonly close: object;
  /** Takes the place of what the driver's has, or stands beside it. */
  readonly own: Readonly<Record<string, unknown>>;
}

interface FileSystem {
  readonly promises: { readFile(path: unknown, encoding: "utf8"): Promise<string> };
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): FileSystem | undefined };
}

/** Those whose place is known. */
const placed = new WeakSet<object>();
const writtenIn = new WeakMap<RawQuery, AmbientLimits>();

export function guardedTag<Tag extends RawTag>({ raw, run, close, own }: TagPlan & { readonly raw: Tag }): Tag {
  const handler = (query: RawQuery) => run(new Statement(query, close), writtenIn.get(query));
  const guarded = (query: RawQuery): RawQuery => {
    const ambient = ambientLimits();
    if ("signal" in ambient) writtenIn.set(query, ambient);
    query.handler = handler;
    query.cursor = wholeCursor;
    return query;
  };
  /** Read first: no permit is held for that, and no connection. */
  const file = (...given: Given): RawQuery => {
    const query = guarded(raw.file(...given));
    const { promises } = (globalThis as Platform).process?.getBuiltinModule?.("node:fs") ?? {};
    query.handler = () => {
      if (!promises) return query.reject(new TypeError("sql.file: this platform has no files"));
      promises.readFile(given[0], "utf8").then(
        (text) => {
          query.strings = [text];
          handler(query);
        },
        (error: unknown) => query.reject(error),
      );
    };
    return query;
  };
  const all: Readonly<Record<string | symbol, unknown>> = {
    unsafe: (...given: Given) => guarded(raw.unsafe(...given)),
    file,
    ...own,
  };
  const tagged = (target: Tag, _self: unknown, given: Given): unknown => {
    const made = target(...given);
    if (!isQuery(made)) return made;
    notePlace(made, tagged);
    return guarded(made);
  };
  return new Proxy(raw, {
    apply: tagged as ProxyHandler<Tag>["apply"] & {},
    get: (target, key) => (Object.hasOwn(all, key) ? all[key] : Reflect.get(target, key)),
  });
}

/**
 * Where a template stands, for the stacks of its errors: the driver looks only as far as this file. It keeps an error for
 * each template, whose stack it shows.
 */
function notePlace(query: RawQuery, below: object): void {
  const template = query.strings;
  if (placed.has(template)) return;
  placed.add(template);
  const kept = Object.getOwnPropertySymbols(query).map((key) => (query as never)[key] as unknown);
  const origin = kept.find((one) => one instanceof Error);
  if (origin && "captureStackTrace" in Error) Error.captureStackTrace(origin, below as () => void);
}
