/** How long an object keeps what it was given, in real workerd: until an alarm finds that it is over. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateMachine } from "../../lib/gate/machine.ts";
import type { Step } from "../../lib/gate/step.ts";
import { troubleObject } from "../support/object-trouble.ts";
import type { Trouble } from "../support/object-worker.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { CONFIG, renewalOf } from "./caller.ts";

const KEPT_MS = 600_000;
const DAY_MS = 86_400_000;

describe.skipIf(workerdUnavailable())(`a Durable Object ${workerdUnavailable() ?? ""}`, () => {
  let workerd: Workerd;
  let objects = 0;
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: "object-worker.ts", objects: { OBJECTS: "TestObject" } });
  });
  afterAll(() => workerd?.dispose());

  function object(machine: string) {
    const name = `{tidegate:kept:${++objects}}:${machine}`;
    const to = (trouble: Trouble) => troubleObject(workerd, name, trouble);
    let n = 0;
    const call = async (now: number, body: object, evict = false) => {
      const calls = [{ now, evict, look: false, body: JSON.stringify(body) }];
      return ((await to({ trouble: "history", calls })) as [{ answer: unknown; refused?: string }][])[0]?.[0];
    };
    return {
      to,
      call,
      renews: async (now: number, evict = false) => {
        const renewal = renewalOf("a", { n: ++n, config: { ...CONFIG, keptMs: KEPT_MS } });
        return (await call(now, { call: "gate", renewal }, evict))?.answer as Step;
      },
      entries: async () => ((await to({ trouble: "entries" })) as unknown[]).length,
      alarm: () => to({ trouble: "alarm" }) as Promise<number | null>,
      /** The platform is punctual. */
      rings: async () => to({ trouble: "ring", now: (await to({ trouble: "alarm" })) as number }),
    };
  }

  test("of a gate at rest leaves nothing behind once that is over, and everything before", async () => {
    const { renews, entries, alarm, rings, to } = object(gateMachine.name);
    const now = Date.now();
    const { keptUntil, reply } = await renews(now);
    expect(keptUntil - now).toBeGreaterThan(KEPT_MS);
    expect(await alarm()).toBe(keptUntil);
    const before = await entries();
    await to({ trouble: "ring", now: keptUntil - 1 });
    expect([await entries(), await alarm()]).toEqual([before, keptUntil]);
    await rings();
    expect([await entries(), await alarm()]).toEqual([0, null]);
    // Neither in its memory: what comes next finds an alarm of its own.
    const anew = await renews(keptUntil + 1);
    expect(anew.reply.life).toBeGreaterThan(reply.life);
    expect(await alarm()).toBe(anew.keptUntil);
  });

  test.each([false, true])("of a gate in use is never over, evicted before each renewal: %s", async (evicted) => {
    const { renews, alarm, rings } = object(gateMachine.name);
    const begin = Date.now();
    const first = await renews(begin, evicted);
    const { life } = first.reply;
    let set = first.keptUntil;
    for (let quarter = 1; quarter < 40; quarter++) {
      const now = begin + (quarter * KEPT_MS) / 4;
      const { reply, keptUntil } = await renews(now, evicted);
      expect(reply).toMatchObject({ known: true, life });
      // An alarm that is set costs as much as a row.
      expect(await alarm()).toBe(set);
      if (set > now + KEPT_MS / 4) continue;
      await rings();
      set = keptUntil;
      expect(await alarm()).toBe(set);
    }
    expect(set).toBeGreaterThan(first.keptUntil);
  });

  test("of a state that nobody writes any more leaves nothing behind after 90 days", async () => {
    const { call, entries, alarm, rings } = object("counter");
    const now = Date.now();
    const write = (mark: string, nextMark: string) => ({ call: "storeState", mark, nextMark, saved: "{}" });
    expect(await call(now, write("lost", "one"))).toEqual({ answer: false });
    expect([await entries(), await alarm()]).toEqual([0, null]);
    expect(await call(now, write("", "one"))).toEqual({ answer: true });
    expect(await alarm()).toBe(now + 90 * DAY_MS);
    expect(await call(now + DAY_MS, write("one", "two"))).toEqual({ answer: true });
    await rings();
    expect([await entries(), await alarm()]).toEqual([1, now + 91 * DAY_MS]);
    await rings();
    expect([await entries(), await alarm()]).toEqual([0, null]);
  });

  test("that refused what it was asked keeps nothing, and no alarm", async () => {
    const { call, entries, alarm } = object(gateMachine.name);
    const refused = await call(Date.now(), { call: "gate", renewal: renewalOf("a", { n: -1 }) });
    expect(refused).toMatchObject({ invalid: true });
    expect([await entries(), await alarm()]).toEqual([0, null]);
  });
});
