/**
 * PostgreSQL's text format -> JavaScript, by type oid. Both drivers that speak to a PostgreSQL use this one table, so
 * that the same SQL gives the same rows in the embedded database and in production.
 *
 * - `int8` is a number while that is exact, else the text; `numeric` is the text, because a number would lose digits.
 * - `date` and `timestamp` are read as UTC, as binds of dates are written; the process's time zone has no part in it.
 * - What JavaScript cannot hold (`infinity`, years beyond 9999, BC) stays text.
 * - Everything not listed is text, and so are arrays of it, unless they are listed.
 *
 * `docs/databases/values.md` has a row for each.
 */

export type ParseText = (text: string) => unknown;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?:([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?)?$/;

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
  const [, day, time, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  // Local times from before there were zones are seconds off, which no text that `Date` reads can say.
  const aheadMs = 1_000 * (3_600 * Number(hours) + 60 * Number(minutes) + Number(seconds));
  return new Date(Date.parse(`${day}T${time}Z`) + (sign === "-" ? aheadMs : -aheadMs));
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

/** Arrays of types that are text. Not `box[]`, the only one with another delimiter. */
const ARRAYS_OF_TEXT: readonly number[] = [
  ...[651, 775, 1040], // cidr, macaddr8, macaddr
  ...[1017, 1018, 1019, 1027, 629, 719], // point, lseg, path, polygon, line, circle
  ...[1270, 1561, 1563, 791, 143], // timetz, bit, varbit, money, xml
  ...[3643, 3645, 4073], // tsvector, tsquery, jsonpath
  ...[3905, 3907, 3909, 3911, 3913, 3927], // ranges of int4, numeric, timestamp, timestamptz, date, int8
  ...[6150, 6151, 6152, 6153, 6155, 6157], // multiranges of the same
  ...[1010, 1011, 271, 2201, 3221], // tid, xid, xid8, refcursor, pg_lsn
  ...[1008, 2207, 2208, 2209, 2210, 2211, 3735, 3770, 4090, 4097, 4192], // names of objects: regproc … regcollation
];

/** Oid -> how its text is read. Absent: text stays text. */
export const PARSERS: Readonly<Record<number, ParseText>> = Object.fromEntries([
  ...TYPES.flatMap(([oid, arrayOid, parse]) => [
    [oid, parse],
    [arrayOid, (text: string) => parseArray(text, parse)],
  ]),
  ...ARRAYS_OF_TEXT.map((oid) => [oid, (text: string) => parseArray(text, asText)]),
]);

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
