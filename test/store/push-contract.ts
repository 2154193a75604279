/** What every home that pushes tells whom, and that the others tell nobody anything. */
import { expect, test } from "vitest";
import type { Store } from "../../lib/store/port.ts";
import { eventually } from "../support/processes.ts";
import { Caller, ONE, operate } from "./caller.ts";
import type { HomeOf } from "./gate-contract.ts";

let gates = 0;

export function pushContract(home: HomeOf): void {
  test("who has too much is called, who waits, and all when the breaker moves, where the home can", async () => {
    const { store, passes } = home();
    const key = `{tidegate:pushes:${++gates}}`;
    const [a, b] = two(store, key, "a", "b");
    const heard: string[] = [];
    const listening = new Set<string>();
    const stops = ["a", "b"].map((instance) => {
      const hear = (of: string, message: string) =>
        of === key ? heard.push(`${instance} ${message}`) : listening.add(instance);
      return store.onPush("tidegate:pushes", instance, hear);
    });
    await passes(200);
    await listens(home, "tidegate:pushes", () => listening.size === 2);
    const toldOf = (...told: string[]) => tells(home, heard, told);
    await a.needs(1);
    await a.sends({ lanes: { request: { need: 0, want: 0 } } });
    expect((await b.needs(1)).permits).toBe(0);
    await toldOf("a reclaim");
    await a.needs(0);
    await toldOf("b wake");
    expect((await b.needs(1)).permits).toBe(1);
    await b.fails();
    await toldOf("a changed", "b changed");
    for (const stop of stops) stop();
    await passes(50);
    await b.commands(operate("force_closed", "o1"));
    await passes(50);
    expect(heard).toEqual([]);
  });

  test("an instance hears of all gates of its scope by one subscription, and of no others, where the home can", async () => {
    const { store, passes } = home();
    const scope = `tidegate:hears-${++gates}`;
    const keys = [`{${scope}:one}`, `{${scope}:an%3Aother}`, `{${scope}-too:one}`];
    const heard: string[] = [];
    let isListening = false;
    const stop = store.onPush(scope, "b", (key, message) => {
      if (key.includes(":call-")) isListening = true;
      else heard.push(`${key} ${message}`);
    });
    await passes(200);
    await listens(home, scope, () => isListening);
    for (const [n, key] of keys.entries()) {
      const [a, b] = two(store, key, "a", `b_${n}`);
      await a.needs(1);
      await a.sends({ lanes: { request: { need: 0, want: 0 } } });
      // Which calls a, and then b.
      await b.needs(1);
      await a.needs(0);
    }
    await tells(home, heard, [`${keys[1]} wake`, `${keys[0]} wake`]);
    await new Caller(store, keys[0] ?? "", "c", ONE).commands(operate("force_open", "o1"));
    await tells(home, heard, [`${keys[0]} changed`]);
    stop();
  });
}

/** Where the home can push, `a` and `b` are called at other gates until they have heard it. */
async function listens(home: HomeOf, scope: string, have: () => boolean): Promise<void> {
  const { store } = home();
  if (!store.traits.gate.pushes) return;
  await eventually(`they listen at ${scope}`, async () => {
    const [a, b] = two(store, `{${scope}:call-${++gates}}`, "a", "b");
    for (const one of [a, b]) await one.needs(0);
    await a.commands(operate("force_open", `call-${gates}`));
    return have();
  });
}

/** Where the home can push, they have been told so, each once; elsewhere nothing. */
async function tells(home: HomeOf, heard: string[], told: readonly string[]): Promise<void> {
  const { pushes: can } = home().store.traits.gate;
  if (can) await eventually(`they hear of ${told}`, () => heard.length >= told.length);
  expect(heard.splice(0).sort()).toEqual(can ? told : []);
}

const two = (store: Store, key: string, ...sessions: [string, string]) =>
  sessions.map((session) => new Caller(store, key, session, ONE)) as [Caller, Caller];
