/** What every home of kept answers must do, said once. A home that cannot be run here gives the reason. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import type { KeepHome } from "../../lib/kept/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { MaybePromise } from "../../lib/store/port.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";

export interface OpenKeepHome {
  readonly home: KeepHome;
  passes(ms: number): Promise<unknown>;
  close(): Promise<void>;
  /** Writes behind its back what it would not have written itself. */
  spoil?(key: string, value: string): MaybePromise<unknown>;
}

const PLAIN = 'grün 🌊 "quoted" \\ \u0000 <tag>\n';
/** Longer than what an entry may be in some homes, and as hard to take apart. */
const longText = (characters: number): string => PLAIN.repeat(Math.ceil(characters / PLAIN.length));
const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const MUTANTS = 25;

export function homeContract(name: string, open: () => Promise<OpenKeepHome>, skipReason?: string): void {
  describe.skipIf(skipReason !== undefined)(
    `the contract of homes of kept answers: ${name} ${skipReason ?? ""}`,
    () => {
      let opened: OpenKeepHome;
      beforeAll(async () => {
        opened = await open();
      });
      afterAll(() => opened?.close());

      test("what was set comes back as it was, with its age, until it is over", async () => {
        const { home, passes } = opened;
        expect(await home.get("nothing")).toBeNull();
        await home.set("short", PLAIN, 400);
        await passes(50);
        const found = await home.get("short");
        expect(found?.value).toBe(PLAIN);
        expect(found?.ageMs).toBeGreaterThanOrEqual(49);
        expect(found?.ageMs).toBeLessThan(400);
        await passes(400);
        expect(await home.get("short")).toBeNull();
      });

      test("a later one takes the place of an earlier one, however long each of them is", async () => {
        const { home } = opened;
        const key = `GET /reports/${"x".repeat(200)} text/csv, application/json;q=0.9 #{1}`;
        for (const characters of [10, 100_000, 1_000_000, 3_000_000, 200_000, 20]) {
          const value = longText(characters);
          await home.set(key, value, 60_000);
          expect((await home.get(key))?.value === value, `a value of ${characters} characters`).toBe(true);
        }
      });

      test("who reads while others write finds a whole value or none", async () => {
        const { home } = opened;
        const values = ["a", "b", "c"].map((letter) => letter.repeat(150_000));
        const writing = Promise.all(values.map((value) => home.set("torn", value, 60_000)));
        const seen = await Promise.all(Array.from({ length: 10 }, () => home.get("torn")));
        await writing;
        const last = await home.get("torn");
        for (const found of [...seen, last]) if (found) expect(values.includes(found.value)).toBe(true);
      });

      test("what others have written there is as if there were nothing, and never an error", async () => {
        const { home, spoil = (key, value) => home.set(key, value, 60_000) } = opened;
        await expectMissesOf(home, spoil);
      });
    },
  );
}

const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};

async function expectMissesOf(home: KeepHome, spoil: NonNullable<OpenKeepHome["spoil"]>): Promise<void> {
  const written = new Map<string, string>();
  const noted: KeepHome = {
    get: (key) => home.get(key),
    set: (key, value, ttlMs) => {
      written.set(key, value);
      return home.set(key, value, ttlMs);
    },
  };
  /** Without anything at hand. */
  const instance = () => {
    const { waitUntil, settled } = afterAnswers();
    const tide = tidegate({
      ...{ database: fakeDatabase(() => []), store: memory(), keepHome: noted, log: NOTHING },
      config: readConfig({ APP_ENV: "testing" }),
      runtime: manualRuntime(),
      waitUntil,
    });
    return { tide, settled };
  };
  const value = { rows: Array.from({ length: 200 }, (_, id) => ({ id, name: `row ${id % 7}` })) };
  const { tide, settled } = instance();
  await tide.kept("spoilt", () => value);
  await settled();
  expect((await instance().tide.kept("spoilt", away)).value).toEqual(value);
  const [[key, whole] = ["", ""]] = written;
  const mutation = fc.record({ at: fc.nat(whole.length), without: fc.nat(40), text: fc.string({ maxLength: 20 }) });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ at, without, text }) => {
      await spoil(key, whole.slice(0, at) + text + whole.slice(at + without));
      const found = await instance()
        .tide.kept("spoilt", away)
        .catch((error: unknown) => error);
      // What it has changed need not be what is told.
      if (found instanceof Error) expect(found).toMatchObject({ fault: "connection" });
      else expect(found).toMatchObject({ stale: true, code: "DB_CONNECTION_FAILED" });
    }),
    { numRuns: MUTANTS },
  );
}
