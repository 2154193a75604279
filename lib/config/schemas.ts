/** What scalar values look like. Each schema's message is the end of the sentence "it needs …". */
import * as v from "valibot";
import type { Schema } from "./variable.ts";

/** Digits only: no sign, unit, exponent, point or leading zero. Bounds are inclusive, and in `unit`. */
export function integer(unit: string, min: number, max: number): Schema<number> {
  const needed = `a whole number of ${unit} from ${min} to ${max}`;
  return v.pipe(
    v.string(),
    v.regex(/^(?:0|[1-9]\d{0,14})$/, needed),
    v.transform(Number),
    v.minValue(min, needed),
    v.maxValue(max, needed),
    v.metadata({ bounds: [min, max] } satisfies Bounded),
  );
}

interface Bounded {
  readonly bounds: readonly [min: number, max: number];
}

/** The same setting in milliseconds, where `ofSeconds` is made by {@link integer}. */
export function milliseconds(ofSeconds: v.GenericSchema): Schema<number> {
  const { bounds = [0, 0] } = v.getMetadata(ofSeconds) as Partial<Bounded>;
  const [min, max] = bounds;
  return v.pipe(
    integer("milliseconds", min * 1_000, max * 1_000),
    v.transform((ms) => ms / 1_000),
  );
}

/** Kept exactly by the gate, which counts in parts of 10,000: hence at most four decimals. */
export const ratio: Schema<number> = v.pipe(
  v.string(),
  v.regex(/^(?:0|1|0?\.\d{1,4}|0\.|1\.0{0,4})$/, "a number from 0 to 1 with at most 4 decimals, such as 0.5"),
  v.transform(Number),
);

export const boolean: Schema<boolean> = v.pipe(
  v.string(),
  v.picklist(["true", "false", "1", "0"], "true or false (or 1 or 0)"),
  v.transform((text) => text === "true" || text === "1"),
);

/** One of a closed list, spelt as it stands there. */
export function choice<const T extends readonly string[]>(options: T): Schema<T[number]> {
  return v.pipe(v.string(), v.picklist(options, `one of ${options.join(", ")}`));
}

/** One of a few, in any case, or a word of others that means one of them. */
export function wordOf<const T extends string>(options: readonly T[], others: Readonly<Record<string, T>>): Schema<T> {
  const meanings: Readonly<Record<string, T>> = {
    ...others,
    ...(Object.fromEntries(options.map((option) => [option, option])) as Record<T, T>),
  };
  return v.pipe(
    v.string(),
    v.transform((text) => (Object.hasOwn(meanings, text.toLowerCase()) ? meanings[text.toLowerCase()] : undefined)),
    v.picklist(options, `one of ${options.join(", ")}`),
  );
}

/** Free text on one line without blanks, at most `maxLength` characters. */
export function word(what: string, maxLength: number): Schema<string> {
  return v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, what), v.maxLength(maxLength, what));
}

/** Text that fits `pattern`. */
export function matching(what: string, pattern: RegExp): Schema<string> {
  return v.pipe(v.string(), v.regex(pattern, what));
}
