/** A header of an answer, wherever that comes from. */
import type { Context } from "hono";

/** Responses of `fetch` have headers that cannot be changed, so they are copied; an upgrade cannot be. */
export function setHeader(c: Context, name: string, value: string): void {
  if (c.res.status === 101) return;
  try {
    c.res.headers.set(name, value);
  } catch {
    c.header(name, value);
  }
}
