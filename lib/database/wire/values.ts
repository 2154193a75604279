/**
 * PostgreSQL's text format -> JavaScript, by type oid. Both drivers that speak to a PostgreSQL use this one table, so
 * that the same SQL gives the same rows in the embedded database and in production.
 *
 * - `int8` is a number while that is exact, else the text; `numeric` is the text, because a number would lose digits.
 * - `date` and `timestamp` are read as UTC, as binds of dates are written; the process's time zone has no part in it.
 * - What JavaScript cannot hold (`infinity`, years beyond 9999, BC) stays text.
 * - Everything not listed is text.
 */

export type ParseText = (text: string) => unknown;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?:([+-]\d{2})(?::?(\d{2}))?(?::\d{2})?)?$/;

function int8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function date(text: string): Date | string {
  return DAY.test(text) ? new Date(`${text}T00:00:00Z`) : text;
}

function moment(text: string): Date | string {
  const match = MOMENT.exec(text);
  if (match === null) return text;
  const [, day, time, hours, minutes] = match;
  return new Date(`${day}T${time}${hours === undefined ? "Z" : `${hours}:${minutes ?? "00"}`}`);
}

function bytes(text: string): Uint8Array | string {
  // `bytea_output = escape` is the only other form; it is left as it is.
  if (!text.startsWith("\\x")) return text;
  const value = new Uint8Array((text.length - 2) / 2);
  for (let index = 0; index < value.length; index += 1) {
    value[index] = Number.parseInt(text.slice(2 * index + 2, 2 * index + 4), 16);
  }
  return value;
}

const asText: ParseText = (text) => text;
const asBoolean: ParseText = (text) => text === "t";
const asJson: ParseText = (text) => JSON.parse(text) as unknown;

/** Oid of the type, oid of its array, how it is read. The numbers are fixed in PostgreSQL's `pg_type.dat`. */
const TYPES: readonly (readonly [oid: number, arrayOid: number, parse: ParseText])[] = [
  [16, 1000, asBoolean],
  [17, 1001, bytes],
  [18, 1002, asText], // "char"
  [19, 1003, asText], // name
  [20, 1016, int8],
  [21, 1005, Number],
  [23, 1007, Number],
  [25, 1009, asText],
  [26, 1028, Number],
  [114, 199, asJson],
  [700, 1021, Number],
  [701, 1022, Number],
  [869, 1041, asText], // inet
  [1042, 1014, asText],
  [1043, 1015, asText],
  [1082, 1182, date],
  [1083, 1183, asText], // time
  [1114, 1115, moment],
  [1184, 1185, moment],
  [1186, 1187, asText], // interval
  [1700, 1231, asText], // numeric
  [2950, 2951, asText], // uuid
  [3802, 3807, asJson],
];

/** Oid -> how its text is read. Absent: text stays text. */
export const PARSERS: Readonly<Record<number, ParseText>> = Object.fromEntries(
  TYPES.flatMap(([oid, arrayOid, parse]) => [
    [oid, parse],
    [arrayOid, (text: string) => parseArray(text, parse)],
  ]),
);

/**
 * Reads an array literal, nested ones and `null` included.
 *
 * @example
 * ```ts
 * parseArray('{1,NULL,"a b"}', String); // ["1", null, "a b"]
 * ```
 */
export function parseArray(text: string, parse: ParseText): unknown[] {
  // Bounds other than 1 are written in front, as in `[0:1]={a,b}`; JavaScript has no use for them.
  let at = text.indexOf("{");
  function list(): unknown[] {
    const values: unknown[] = [];
    at += 1;
    while (at < text.length && text[at] !== "}") {
      values.push(text[at] === "{" ? list() : text[at] === '"' ? parse(quoted()) : bare());
      if (text[at] === ",") at += 1;
    }
    at += 1;
    return values;
  }
  function quoted(): string {
    let value = "";
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) {
      if (text[at] === "\\") at += 1;
      value += text[at];
    }
    at += 1;
    return value;
  }
  function bare(): unknown {
    const start = at;
    while (at < text.length && text[at] !== "," && text[at] !== "}") at += 1;
    const value = text.slice(start, at);
    return value === "NULL" ? null : parse(value);
  }
  return list();
}
