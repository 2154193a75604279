/** What requests carry, by the very schemas that check them: a route's middleware of `validate` brings its own along. */
import type { RouterRoute } from "hono/types";
import { findTargetHandler } from "hono/utils/handler";
import type * as v from "valibot";
import type { Checks } from "../../lib/http/validate.ts";
import { requestSchema } from "./schemas.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "query";
  readonly required?: true;
  readonly description?: string;
  readonly schema: object;
}

/** A part of a parameter's schema, as far as it is looked at here. */
interface Part {
  readonly kind?: string;
  readonly type: string;
  readonly message?: unknown;
  readonly default?: unknown;
  readonly wrapped?: Part;
  readonly pipe?: readonly Part[];
  readonly options?: readonly unknown[];
  readonly requirement?: unknown;
  readonly operation?: unknown;
}

type Schema = Part & { readonly entries: Readonly<Record<string, Part>> };

function checksOf(routes: readonly RouterRoute[], target: Checks["target"]): readonly Schema[] {
  // A mounted application that answers its own errors wraps its handlers.
  const handlers = routes.map(({ handler }) => findTargetHandler(handler));
  const all = handlers.flatMap((handler) => ("checks" in handler ? [handler.checks as Checks] : []));
  return all.filter((one) => one.target === target).map(({ schema }) => schema as unknown as Schema);
}

export function parametersOf(routes: readonly RouterRoute[]): readonly Parameter[] {
  return checksOf(routes, "query").flatMap(({ entries }) =>
    Object.entries(entries).map(([name, piece]) => parameter(name, partsOf(piece))),
  );
}

export function bodyOf(routes: readonly RouterRoute[]): object | null {
  const [schema] = checksOf(routes, "json");
  if (!schema) return null;
  // Before the object itself comes a check that only code can do.
  const object = schema.pipe?.find(({ type }) => type === "strict_object") ?? schema;
  return requestSchema(object as unknown as v.GenericSchema);
}

/** All that is said of a parameter, in the order in which it is checked. */
function partsOf(piece: Part): readonly Part[] {
  if (piece.pipe) return piece.pipe.flatMap((part) => partsOf(part));
  return piece.wrapped ? [piece, ...partsOf(piece.wrapped)] : [piece];
}

function parameter(name: string, parts: readonly Part[]): Parameter {
  const otherwise = parts.find((part) => part.default !== undefined)?.default;
  // Nothing passes for an empty text, which then says by its own rule what is needed.
  const required = otherwise === "";
  const description = parts.map(({ message }) => message).find((message) => typeof message === "string");
  const expected = description?.replace(/^must be /, "");
  const values = valuesOf(parts);
  const fallback = values.type === "integer" ? Number(otherwise) : otherwise;
  return {
    name,
    in: "query",
    ...(required && { required }),
    ...(expected && { description: expected }),
    schema: { ...values, ...(otherwise !== undefined && !required && { default: fallback }) },
  };
}

function valuesOf(parts: readonly Part[]): Readonly<Record<string, unknown>> {
  const of = (among: readonly Part[], type: string) => among.find((part) => part.type === type)?.requirement;
  const becomes = parts.findIndex(({ type }) => type === "transform");
  const asText = becomes === -1 ? parts : parts.slice(0, becomes);
  if (parts[becomes]?.operation === Number) {
    return defined({ type: "integer", minimum: of(parts, "min_value"), maximum: of(parts, "max_value") });
  }
  const choice = parts.find(({ type }) => type === "picklist");
  if (choice) return { type: "string", enum: choice.options };
  const pattern = of(asText, "regex");
  return defined({
    type: "string",
    pattern: pattern instanceof RegExp ? pattern.source : undefined,
    maxLength: of(asText, "max_length"),
  });
}

const defined = (schema: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
