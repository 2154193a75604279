/**
 * What is read of a store or a file, held against the shape that its reader counts on: a store can lose half of what it
 * was given, and others write into it. Each stored shape is declared once, beside what it is the shape of; whoever reads
 * one asks here, shows what fits none as damaged, and goes on.
 */

/** Whether something found is a `Value`. Names that it does not know are another release's, and let pass. */
export type Shape<Value> = (found: unknown) => found is Value;

/** All that is counted, and all moments in milliseconds since 1970, are below: the year 5138. */
const LARGEST = 1e14;

export const shape =
  <Value>(fits: (found: unknown) => boolean): Shape<Value> =>
  (found): found is Value =>
    fits(found);

export const text: Shape<string> = shape((found) => typeof found === "string");
export const flag: Shape<boolean> = shape((found) => typeof found === "boolean");
/** A whole number from 0 on. */
export const natural: Shape<number> = shape((found) => Number.isInteger(found) && inRange(found as number));
/** The same, or what stands for "never". */
export const moment: Shape<number> = shape((found) => natural(found) || found === Number.MAX_SAFE_INTEGER);

const inRange = (found: number): boolean => found >= 0 && found < LARGEST;

/** What a clock or a measurement says, in parts of a unit too. */
export const amount: Shape<number> = shape((found) => typeof found === "number" && inRange(found));

export const bytes: Shape<Uint8Array> = shape((found) => found instanceof Uint8Array);

export const oneOf = <const Word extends string | number>(words: readonly Word[]): Shape<Word> =>
  shape((found) => (words as readonly unknown[]).includes(found));

export const orNull = <Value>(of: Shape<Value>): Shape<Value | null> => shape((found) => found === null || of(found));

/** Where an older release has written none. */
export const orNone = <Value>(of: Shape<Value>): Shape<Value | undefined> =>
  shape((found) => found === undefined || of(found));

export const listOf = <Value>(of: Shape<Value>): Shape<Value[]> =>
  // By its entries: a hole is none, and what goes over the members of a list leaves holes out.
  shape((found) => Array.isArray(found) && [...found].every((one) => of(one)));

type Members = Readonly<Record<string, Shape<unknown>>>;
type Described<Of extends Members> = { [Name in keyof Of]: Of[Name] extends Shape<infer Value> ? Value : never };

export function object<Of extends Members>(members: Of): Shape<Described<Of>> {
  const known = Object.entries(members);
  return shape((found) => {
    if (typeof found !== "object" || found === null) return false;
    return known.every(([name, fits]) => fits((found as Readonly<Record<string, unknown>>)[name]));
  });
}

/** An object of names and values: a list or a map passes for an object elsewhere, with nothing in it. */
export function isPlain(found: unknown): found is Readonly<Record<string, unknown>> {
  const prototype: unknown = typeof found === "object" && found !== null ? Object.getPrototypeOf(found) : undefined;
  return prototype === Object.prototype || prototype === null;
}

/** What a text says as JSON; undefined where it says nothing. */
export function fromJson(found: unknown): unknown {
  try {
    return typeof found === "string" ? JSON.parse(found) : undefined;
  } catch {
    return undefined;
  }
}
