/** What a `Retry-After` says, and what says nothing: then the body's word counts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfterSeconds } from "../../lib/client/hint.ts";
import { retryHintMs } from "../../lib/retry-hint.ts";

/** Sun, 06 Nov 1994 08:49:30 GMT: seven seconds before the date of RFC 9110's own examples. */
const NOW = Date.UTC(1994, 10, 6, 8, 49, 30);

describe("the text of a Retry-After", () => {
  test.each<[text: string, ms: number]>([
    ["5", 5_000],
    [" 5 ", 5_000],
    ["0", 0],
    ["007", 7_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 7_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 7_000],
    ["Sun Nov  6 08:49:37 1994", 7_000],
    ["Sun, 06 Nov 1994 08:49:29 GMT", 0],
    ["Thu, 29 Feb 1996 00:00:00 GMT", Date.UTC(1996, 1, 29) - NOW],
    // A year of two digits more than 50 years ahead has been: 46 is 1946 and 43 is 2043.
    ["Sunday, 06-Nov-46 08:49:37 GMT", 0],
    ["Friday, 06-Nov-43 08:49:37 GMT", Date.UTC(2043, 10, 6, 8, 49, 37) - NOW],
    ["99999999999999999999", 2_147_483_648_000],
    ["9".repeat(400), 2_147_483_648_000],
  ])("%s is a time", (text, ms) => expect(retryHintMs(text, NOW)).toBe(ms));

  test.each([
    "5, 5",
    "1.5",
    "-3",
    "+3",
    "1e3",
    "0x10",
    "５",
    "5s",
    "soon",
    "",
    "   ",
    "1994-11-06T08:49:37Z",
    "06 Nov 1994 08:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 30 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Now 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, 5",
    "Infinity",
    "NaN",
  ])("%j says nothing", (text) => expect(retryHintMs(text, NOW)).toBeNull());

  test("that is not there says nothing", () => {
    expect([retryHintMs(null, NOW), retryHintMs(undefined, NOW)]).toEqual([null, null]);
  });

  test("is a number that can be waited for, or nothing, whatever stands there", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(anything, fc.integer({ min: 0, max: 4e12 }), (text, now) => {
        const ms = retryHintMs(text, now);
        expect(ms === null || (Number.isInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe("the browser's client goes by the body where the header says nothing", () => {
  const body = { meta: { retry_after_seconds: 9 } };
  test.each(["5, 5", "1.5", "-3", "", "soon"])("%j", (header) => expect(retryAfterSeconds(header, body, NOW)).toBe(9));

  test("and by the header where it does", () => {
    expect(retryAfterSeconds("Sun Nov  6 08:49:37 1994", body, NOW)).toBe(7);
    expect(retryAfterSeconds("0", body, NOW)).toBe(0);
  });

  test("and by neither where the body says what is no time", () => {
    for (const seconds of ["9", -1, null, Number.POSITIVE_INFINITY, Number.NaN, {}]) {
      expect(retryAfterSeconds(null, { meta: { retry_after_seconds: seconds } }, NOW)).toBeNull();
    }
  });
});
