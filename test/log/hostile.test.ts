import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";
import { HOSTILE_UNITS, hostileLine } from "./hostile-lines.ts";

const MEGABYTE = 1_048_576;
const redact = createRedactor({ secrets: ["s3cr3t/value", "another-secret"] });

describe("a hostile megabyte", () => {
  // Anything quadratic takes minutes here and runs into the test's time limit; figures are test/bench/redaction.bench.ts.
  test.each(HOSTILE_UNITS.map((unit) => [unit.slice(0, 40), unit]))("%j over and over comes to an end", (_, unit) => {
    expect(redact.text(hostileLine(unit, MEGABYTE)).length).toBeLessThanOrEqual(2 * MEGABYTE);
  });

  test("with more secrets than any honest line has, the rest of it is masked as a whole", () => {
    const safe = redact.text("password=hunter2 ".repeat(50_000));
    expect(safe).not.toContain("hunter2");
    expect(safe.length).toBeLessThan(100_000);
    expect(safe.endsWith("***")).toBe(true);
  });
});
