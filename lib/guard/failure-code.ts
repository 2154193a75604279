/** What a failure is called, for who is refused because of it: a code or a name, never a text. */

/** Longer ones are no codes. */
const LONGEST = 64;
const CODE = /^[\w.:/-]+$/;

/** @returns A vendor's code, a code, an HTTP status or a name, whichever says most; null where there is none. */
export function failureCode(ended: unknown): string | null {
  if (typeof ended !== "object" || ended === null) return null;
  try {
    const { vendorCode, code, status, name } = ended as Readonly<Record<string, unknown>>;
    const found = [vendorCode, code, typeof status === "number" ? `HTTP ${status}` : undefined, name];
    return found.find(isCode) ?? null;
  } catch {
    // What was thrown is anybody's, and may not want to be read.
    return null;
  }
}

const isCode = (found: unknown): found is string =>
  typeof found === "string" && found.length <= LONGEST && CODE.test(found.replace(" ", ""));
