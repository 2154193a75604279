/** A piece of work as a span: from its call to its end, with what it failed of. */
import { DatabaseError } from "../database/port.ts";
import type { Span, SpanOptions, Tracing } from "./port.ts";

type Thrown = { readonly code?: unknown; readonly fault?: unknown; readonly name?: unknown };

/** A code, or the name of what was thrown: never its words, which may hold anything. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof DatabaseError) return error.vendorCode ?? error.fault;
  const { code, fault, name } = (typeof error === "object" && error !== null ? error : {}) as Thrown;
  // Of drivers and of platforms; of hooks; of everybody.
  const said = [code, fault, name].find((one) => typeof one === "string" && /^[\w.-]{1,64}$/.test(one));
  return typeof said === "string" ? said : "_OTHER";
}

/**
 * Runs `work` in a span of its own, or by itself where nobody takes spans.
 *
 * @throws What `work` throws.
 */
export async function traced<Value>(
  tracing: Tracing | null,
  name: string,
  options: SpanOptions,
  work: (span: Span | null) => Promise<Value>,
): Promise<Value> {
  if (!tracing?.isOn()) return work(null);
  const span = tracing.begin(name, options);
  try {
    return await tracing.within(span, () => work(span));
  } catch (error) {
    span.fail(errorTypeOf(error));
    throw error;
  } finally {
    span.end();
  }
}
