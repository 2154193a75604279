/** What the text of a `Retry-After` says: one reader for all who are told to come back later. */

/** RFC 9111, 1.2.2: what is more than a recipient can hold is as good as this, in seconds. */
const LONGEST_SECONDS = 2_147_483_648;

const DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun";
const TIME = "(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
/** The three forms of RFC 9110, 5.6.7. Engines read more as a date, such as `1.5`, and the last form as local time. */
const HTTP_DATES = [
  `(?:${DAYS}), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT`,
  `(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT`,
  `(?:${DAYS}) ${MONTH} (?<day>[ 0-3]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * RFC 9110, 10.2.3: whole seconds, or a date.
 *
 * @param wallMs now, in milliseconds since 1970.
 * @returns Milliseconds from now on, not below 0; null for what is neither, such as `1.5`, `-3` or `5, 5`: as good as
 * no header at all.
 */
export function retryHintMs(text: string | null | undefined, wallMs: number): number | null {
  const trimmed = text?.trim() ?? "";
  if (/^\d+$/.test(trimmed)) return Math.min(Number(trimmed), LONGEST_SECONDS) * 1_000;
  const at = httpDate(trimmed, wallMs);
  return at === null ? null : Math.max(0, at - wallMs);
}

function httpDate(text: string, wallMs: number): number | null {
  const parts = HTTP_DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!parts) return null;
  const { year = "", month = "", day, hour, minute, second } = parts;
  const fullYear = year.length === 2 ? centuryOf(Number(year), wallMs) : Number(year);
  const midnight = new Date(Date.UTC(fullYear, MONTHS.indexOf(month), Number(day)));
  // There is no 30th of February, which JavaScript takes for the 2nd of March.
  if (midnight.getUTCDate() !== Number(day)) return null;
  return midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000;
}

/** A year of two digits that seems to be more than 50 years ahead is the last one that ended so. */
function centuryOf(twoDigits: number, wallMs: number): number {
  const thisYear = new Date(wallMs).getUTCFullYear();
  const later = thisYear - (thisYear % 100) + 100 + twoDigits;
  return later - 100 * Math.max(0, Math.ceil((later - thisYear - 50) / 100));
}
