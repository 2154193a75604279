import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";
import { innocentLines } from "./corpus/innocent.ts";
import { secretShapes } from "./corpus/secrets.ts";

const redact = createRedactor({ secrets: [] });
/** A piece of this length says too much. */
const PIECE = 6;

const written = (input: unknown) =>
  typeof input === "string" ? redact.text(input) : JSON.stringify(redact.value(input));

function shows(text: string, secret: string): boolean {
  const length = Math.min(PIECE, secret.length);
  return Array.from(secret.slice(length - 1), (_, at) => secret.slice(at, at + length)).some((piece) =>
    text.includes(piece),
  );
}

describe("of the forms in which the field writes secrets", () => {
  test("there are more than five hundred here, each with a name of its own, and four hundred lines without any", () => {
    expect(new Set(secretShapes.map(({ name }) => name)).size).toBe(secretShapes.length);
    expect(secretShapes.length).toBeGreaterThan(500);
    expect(innocentLines.length).toBeGreaterThan(400);
  });

  test("at least 99.5 % leave no piece of a secret", () => {
    const missed = secretShapes.filter(({ input, secrets }) => secrets.some((secret) => shows(written(input), secret)));
    expect(missed.length / secretShapes.length, missed.map(({ name }) => name).join("\n")).toBeLessThanOrEqual(0.005);
  });

  test("what stands beside a secret stays readable", () => {
    const lost = secretShapes.filter(({ input, keeps }) => keeps.some((kept) => !written(input).includes(kept)));
    expect(lost.map(({ name }) => name)).toEqual([]);
  });

  test("what was masked once stays as it is when it passes again", () => {
    const texts = secretShapes.flatMap(({ input }) => (typeof input === "string" ? [redact.text(input)] : []));
    const changed = texts.filter((text) => redact.text(text) !== text);
    expect(changed).toEqual([]);
  });
});

test("at most 0.5 % of lines without secrets are changed", () => {
  const changed = innocentLines.filter((line) => redact.text(line) !== line);
  expect(changed.length / innocentLines.length, changed.join("\n")).toBeLessThanOrEqual(0.005);
});
