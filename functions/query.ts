/**
 * What query parameters may look like. Every piece says in one sentence what it expects, because that sentence is all
 * that a caller gets to read; and every piece has a bound.
 */
import * as v from "valibot";

/** Codes and lot numbers, as they are in the plant's tables. */
const CODE = "[A-Za-z0-9][A-Za-z0-9._-]{0,23}";

/** One or more of these, separated by commas. About the parameter as a whole: nobody wants to hear of its n-th part. */
const some = (part: string): RegExp => new RegExp(`^(?:${part})(?:,(?:${part}))*$`);

type Parameter<Output> = v.GenericSchema<string | undefined, Output>;
/** Hono gives a list where a name comes several times. */
type Several = string | readonly string[];

/** `a=x,y` and `a=x&a=y` say the same: the one reader of lists, which hands on the former. */
const several = (expected: string): v.GenericSchema<Several, string> =>
  v.pipe(
    v.union([v.string(), v.array(v.string())], expected),
    v.rawTransform(({ dataset }) => [dataset.value].flat().join(",")),
  );

/**
 * All parameters of an endpoint. One that is not among them is refused rather than ignored: a misspelt filter would
 * otherwise answer a question that nobody asked.
 */
export function parameters<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, v.ErrorMessage<v.StrictObjectIssue>> {
  const known = Object.keys(entries).join(", ");
  return v.strictObject(entries, () => `is not a parameter of this endpoint, which knows ${known}`);
}

/** A list of codes. */
export function codes(what: string, maxCount: number): v.GenericSchema<Several | undefined, string[] | undefined> {
  return v.optional(codeList(what, maxCount));
}

/** A list of codes, at least one. */
export function someCodes(what: string, maxCount: number): v.GenericSchema<Several | undefined, string[]> {
  return v.optional(codeList(what, maxCount), "");
}

/** One code. */
export function code(what: string): Parameter<string> {
  const expected = `must be ${what}: letters, digits, ".", "_" or "-", at most 24`;
  return v.optional(v.pipe(v.string(expected), v.regex(new RegExp(`^${CODE}$`), expected)), "");
}

/** A list of some of a fixed set. */
export function someOf<const Choice extends string>(
  choices: readonly Choice[],
): v.GenericSchema<Several | undefined, Choice[] | undefined> {
  const expected = `must be one or more of ${choices.join(", ")}, separated by commas or each under the name again`;
  return v.optional(
    v.pipe(
      several(expected),
      v.regex(some(choices.join("|")), expected),
      v.transform((text) => choices.filter((choice) => text.split(",").includes(choice))),
    ),
  );
}

/** One of a fixed set. */
export function oneOf<const Choice extends string>(choices: readonly Choice[], fallback: Choice): Parameter<Choice> {
  const expected = `must be one of ${choices.join(", ")}`;
  return v.pipe(v.optional(v.string(expected), fallback), v.picklist(choices, expected));
}

export function wholeNumber(min: number, max: number, fallback: number): Parameter<number> {
  const expected = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.optional(v.string(expected), String(fallback)),
    v.regex(/^\d{1,9}$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

export function flag(): Parameter<boolean | undefined> {
  return v.optional(
    v.pipe(
      v.picklist(["true", "false"], "must be true or false"),
      v.transform((text) => text === "true"),
    ),
  );
}

function codeList(what: string, maxCount: number): v.GenericSchema<Several, string[]> {
  const expected = `must be ${what}, 1 to ${maxCount}, separated by commas or each under the name again (letters, digits, ".", "_" or "-", at most 24 each)`;
  return v.pipe(
    several(expected),
    v.regex(some(CODE), expected),
    v.transform((text) => [...new Set(text.split(","))]),
    v.maxLength(maxCount, expected),
  );
}
