/**
 * Ranges of time in queries: `from` and `to`, each a day or an instant in UTC.
 *
 * A day as `to` includes that day, an instant as `to` does not belong to the range; so `from=2026-05-01&to=2026-05-31`
 * is all of May. What is not said is made up for with {@link DEFAULT_SPAN_DAYS}.
 */
import * as v from "valibot";
import type { Range } from "./sql/fragments.ts";

/** Longest range of a report: a year, and the day a leap year adds. */
export const MAX_SPAN_DAYS = 366;
export const DEFAULT_SPAN_DAYS = 31;

const DAY_MS = 86_400_000;
const SHAPE = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;
const EXPECTED = "must be a day (2026-05-31) or an instant in UTC (2026-05-31T06:00:00Z), of the years 1900 to 2999";
/** Far enough from where databases and JavaScript end that a day more, or a range more, still is a time. */
const YEARS = { first: "1900", last: "2999" };

/** What was asked for, normalised to ISO-8601 UTC instants. */
export interface AskedRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A query parameter that is one end of a range. */
export function rangeEnd(end: "from" | "to"): v.GenericSchema<string | undefined, string | undefined> {
  return v.optional(
    v.pipe(
      v.string(EXPECTED),
      v.check((text) => instantOf(text, end) !== undefined, EXPECTED),
      v.transform((text) => instantOf(text, end)),
    ),
  );
}

/** That a range runs forwards, and no longer than `maxSpanDays` where one is given. */
export function sensibleRange<Query extends AskedRange>(maxSpanDays?: number): v.RawCheckAction<Query> {
  return v.rawCheck<Query>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { from, to } = dataset.value;
    if (from === undefined || to === undefined) return;
    const spanMs = Date.parse(to) - Date.parse(from);
    const tooLong = maxSpanDays !== undefined && spanMs > maxSpanDays * DAY_MS;
    if (spanMs > 0 && !tooLong) return;
    addIssue({
      message: tooLong ? `must be at most ${maxSpanDays} days after from` : "must be after from",
      path: [{ type: "object", origin: "value", input: { from, to }, key: "to", value: to }],
    });
  });
}

/**
 * The range of a report. With neither end given it is the last {@link DEFAULT_SPAN_DAYS} up to the latest record, since
 * a plant that stands still would otherwise show nothing.
 *
 * @param latest asked only then
 */
export async function reportRange(asked: AskedRange, latest: () => Promise<Date | null>): Promise<Range> {
  if (asked.from !== undefined) return { from: asked.from, to: asked.to ?? shifted(asked.from, DEFAULT_SPAN_DAYS) };
  // The end does not belong to the range, and the latest record does: hence the millisecond.
  const to = asked.to ?? new Date(((await latest())?.getTime() ?? Date.now()) + 1).toISOString();
  return { from: shifted(to, -DEFAULT_SPAN_DAYS), to };
}

function shifted(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * DAY_MS).toISOString();
}

/** The day or instant, for SQL; a day as `to` includes that day. */
function instantOf(text: string, end: "from" | "to"): string | undefined {
  const ms = millisecondsOf(text);
  if (ms === undefined) return undefined;
  return new Date(end === "to" && !text.includes("T") ? ms + DAY_MS : ms).toISOString();
}

/**
 * The one reader of times that a client sends.
 *
 * @returns Since 1970; undefined for what is no day or instant, the 30th of February included, and for other centuries.
 */
export function millisecondsOf(text: string): number | undefined {
  const [, day = "", time] = SHAPE.exec(text) ?? [];
  const year = day.slice(0, 4);
  if (year < YEARS.first || year > YEARS.last) return undefined;
  const ms = Date.parse(time === undefined ? `${day}T00:00Z` : text);
  // Some engines take the 30th of February for the 2nd of March.
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day) ? undefined : ms;
}
