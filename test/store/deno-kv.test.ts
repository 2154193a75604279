/** What only Deno KV has, in real Deno: flags, several processes on one file, clocks that are wrong, pages. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { gateMachine } from "../../lib/gate/machine.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { denoKv } from "../../lib/store/deno-kv/deno-kv.ts";
import type { Carried, Load } from "../bench/deno-kv-load.ts";
import { type DenoServer, denoUnavailable, kvFlags, kvFolder, startDeno } from "../support/deno.ts";
import { Caller, CONFIG, ONE, opening } from "./caller.ts";

const HOUR = 3_600_000;
const GATE = "{tidegate:test:gate}";
const ENTRIES = ["tidegate", "machine", GATE, gateMachine.name];
/** Beyond the lease, what a call that began at its end may still take is the grace alone. */
const SHORT = { connectTimeoutMs: 0, deadlineMs: { request: 0, slow: 0, health: 0 } };
const SILENT_MS = 4_000;

describe("outside Deno", () => {
  test("a store is cheap to make, and says at its first use what is missing", async () => {
    expect(denoKv("deno-kv:").address).toBe("deno-kv:");
    expect(denoKv("some/path").address).toBe("deno-kv:some/path");
    const store = denoKv("deno-kv:some/path").open(systemRuntime());
    await expect(Promise.resolve(store.kv.get("x"))).rejects.toThrow(
      "deno-kv: open some/path: Deno is needed, this is another runtime; run in Deno, or set STATE_URL",
    );
    await store.close();
    await expect(Promise.resolve(store.kv.get("x"))).rejects.toThrow("it must be open, it was closed");
  });
});

describe.skipIf(denoUnavailable())(`Deno KV ${denoUnavailable() ?? ""}`, () => {
  const folder = kvFolder();
  const servers: DenoServer[] = [];
  let files = 0;
  const newFile = () => folder.path(`${++files}.sqlite3`);
  async function start(...given: Parameters<typeof startDeno>): Promise<DenoServer> {
    const server = await startDeno(...given);
    servers.push(server);
    return server;
  }
  const caller = ({ store }: DenoServer, session: string, rules = {}) =>
    new Caller(store, GATE, session, { ...store.traits.gate, ...rules });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.kill())));
  afterAll(() => folder.remove());

  test("says which flag is missing", async () => {
    const path = newFile();
    const [, ...permissions] = kvFlags(path);
    const hidden = await start({ path }, permissions);
    await expect(hidden.store.kv.get("x")).rejects.toThrow(
      `Deno.openKv is needed, this Deno hides it; start it with --unstable-kv, or put "unstable": ["kv"] into deno.json`,
    );
    const barred = await start({ path }, ["--unstable-kv"]);
    await expect(barred.store.kv.get("x")).rejects.toThrow(
      `start Deno with --allow-read=${path} --allow-write=${path}`,
    );
    const nowhere = await start({ path: folder.path("no/such/folder") }, [
      "--unstable-kv",
      "--allow-read",
      "--allow-write",
    ]);
    await expect(nowhere.store.kv.get("x")).rejects.toThrow("a file that can be opened is needed");
  });

  test("two processes on one file lose none of 200 votes, and neither gives out more than there is", async () => {
    const path = newFile();
    const [one, other] = [await start({ path }), await start({ path })];
    const rules = { capacity: { request: 6, slow: 1, health: 1 }, windowSeconds: 300 };
    const callers = [one, other].flatMap((server, n) => [0, 1, 2, 3].map((m) => caller(server, `c${n}${m}`, rules)));
    const works = async (each: Caller) => {
      for (let call = 0; call < 25; call++) {
        while ((await each.needs(1)).allow < 1);
        await each.needs(0, { votes: [each.vote(1)] });
      }
    };
    await Promise.all(callers.map(works));
    const { window, lanes, seconds } = await caller(one, "viewer", rules).views();
    expect(window).toMatchObject({ calls: 200, failures: 0 });
    expect(lanes.request).toMatchObject({ held: 0, running: 0 });
    expect(Math.max(...seconds.map(({ running }) => running))).toBeLessThanOrEqual(6);
    const logs = await Promise.all([one, other, one, other].map(({ store }) => store.log.append("audit", "first", 0)));
    expect(logs.filter(({ appended }) => appended)).toHaveLength(1);
  });

  test("a process under full load leaves room for another", async () => {
    const path = newFile();
    const [busy, other] = [await start({ path }), await start({ path })];
    const b = caller(other, "b");
    const config = { ...CONFIG, ...busy.store.traits.gate, capacity: { request: 1_000, slow: 0, health: 1 } };
    const load: Load = { key: GATE, session: "busy", config, held: 0, atOnce: 64, forMs: 3_000 };
    const loaded = busy.post<Carried>("load", load);
    let sent = 0;
    for (const end = performance.now() + 2_500; performance.now() < end; await sleep(10)) {
      await b.sends();
      sent++;
    }
    expect(sent).toBeGreaterThan(5);
    expect(await loaded).toMatchObject({ refused: 0 });
  });

  test("what a killed process held is with the others once its lease is over, and the file outlives both", async () => {
    const path = newFile();
    const one = await start({ path });
    expect((await caller(one, "a", { ...ONE, ...SHORT }).needs(1)).permits).toBe(1);
    await one.kill();
    const b = caller(await start({ path }), "b", { ...ONE, ...SHORT });
    expect((await b.needs(1)).permits).toBe(0);
    await sleep(SILENT_MS + 100);
    expect((await b.needs(1)).permits).toBe(1);
  });

  test("clocks an hour off behave alike after the first transaction of each", async () => {
    const path = newFile();
    const fleet = await Promise.all([0, -HOUR, HOUR].map((wallAheadMs) => start({ path, wallAheadMs })));
    const rules = { ...ONE, ...SHORT, recoveryMs: 1_000 };
    const callers = fleet.map((server, n) => caller(server, `c${n}`, rules));
    for (const each of callers) await each.sends();

    const times: number[] = [];
    for (const each of [...callers, ...callers, ...callers]) times.push((await each.views()).at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(10_000);

    for (const [n, each] of callers.entries()) {
      const next = callers[(n + 1) % callers.length] as Caller;
      const last = callers[(n + 2) % callers.length] as Caller;
      // A lease of each, as the others see it: there until its end, gone after it.
      expect((await each.needs(1)).permits).toBe(1);
      expect((await next.needs(1)).permits).toBe(0);
      await next.needs(0);
      await sleep(SILENT_MS + 50);
      expect((await last.needs(1)).permits).toBe(1);
      await last.needs(0);
      // An open period of each.
      await each.needs(0);
      await each.fails();
      await next.needs(1);
      expect((await next.sends()).breaker).toMatchObject({ refusal: "open" });
      await sleep(1_050);
      expect((await last.needs(1)).probes).toBe(1);
      await last.needs(0, { votes: [last.vote(1, 0, { probe: true })] });
      expect((await next.needs(1)).probes).toBe(1);
      await next.needs(0, { votes: [next.vote(1, 0, { probe: true })] });
      expect((await each.views()).breaker.state).toBe("closed");
      // A value of each.
      await fleet[n]?.store.kv.set(`value ${n}`, "text", 60_000);
      for (const { store } of fleet) expect((await store.kv.get(`value ${n}`))?.ageMs).toBeLessThan(5_000);
    }
  });

  test("a gate of many pages comes back as it was, and takes less room again", async () => {
    const path = newFile();
    const [one, other] = [await start({ path }), await start({ path })];
    const about = { runtime: "x".repeat(300), region: "🌊", version: "1", startedAt: 0 };
    const rules = { capacity: { request: 400, slow: 0, health: 1 } };
    const fleet = Array.from({ length: 600 }, (_, n) => {
      const each = caller(n % 2 === 0 ? one : other, `session-${n}`, rules);
      each.opens = opening({ about });
      return each;
    });
    const granted = await Promise.all(fleet.map((each) => each.needs(1)));
    expect(granted.filter(({ permits }) => permits === 1)).toHaveLength(400);

    const grown = await other.post<{ versionstamp: string }[]>("entries", { under: ENTRIES });
    expect(grown.length).toBeGreaterThan(6);
    expect(new Set(grown.map(({ versionstamp }) => versionstamp)).size).toBe(1);
    const b = caller(other, "b", rules);
    const view = await b.views();
    expect(view.lanes.request.held).toBe(400);
    expect(view.instances).toContainEqual(expect.objectContaining({ about }));

    await Promise.all(fleet.map((each) => each.needs(0, { leaves: true })));
    const shrunk = await other.post<unknown[]>("entries", { under: ENTRIES });
    expect(shrunk.length).toBeLessThan(grown.length);
    expect(await b.views()).toMatchObject({ lanes: { request: { held: 0, waiting: 0 } }, n: 1 });
  });

  test("a gate that does not fit into one commit refuses the renewal, and holds what it held", async () => {
    const path = newFile();
    const one = await start({ path });
    const a = caller(one, "a");
    await a.needs(1);
    const about = { runtime: "é".repeat(1_000), region: "é".repeat(1_000), version: "1", startedAt: 0 };
    const opened = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, n) => {
        const each = caller(one, `session-${n}`);
        each.opens = opening({ about });
        return each.sends();
      }),
    );
    const refused = opened.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(200);
    for (const reason of refused) expect(reason).toContain("at most 768 KiB fit into one commit");
    expect(await a.views()).toMatchObject({ lanes: { request: { held: 1 } }, n: 201 - refused.length });
  });

  test("a page that is gone, or a head, is a damaged gate, which begins another life", async () => {
    const path = newFile();
    const one = await start({ path });
    const about = { runtime: "x".repeat(1_000), region: "", version: "1", startedAt: 0 };
    let life = 0;
    for (const page of [1, 0]) {
      for (let n = 0; n < 90; n++) {
        const each = caller(one, `session-${page}-${n}`);
        each.opens = opening({ about });
        const reply = await each.sends();
        if (n === 0) expect(reply.life).toBeGreaterThanOrEqual(life);
        life = reply.life;
      }
      await one.post("entries", { under: ENTRIES, remove: [[...ENTRIES, page]] });
      const fresh = await start({ path });
      expect((await caller(fresh, "b").sends()).life).toBeGreaterThan(life);
    }
  });

  test("a record may be 63 KiB and a value 7.5 MiB, and more is refused", async () => {
    const { store } = await start({ path: newFile() });
    const largest = "x".repeat(63 * 1_024 - 2);
    expect(await store.log.append("audit", largest, 0)).toEqual({ appended: true, head: 1 });
    const longest = "x".repeat(128 * 60 * 1_024 - 2);
    await store.kv.set("value", longest, 60_000);
    expect((await store.kv.get("value"))?.value === longest).toBe(true);
    await expect(store.log.append("audit", `${largest}y`, 1)).rejects.toThrow("at most 64512 bytes are possible");
    await expect(store.kv.set("value", `${longest}y`, 60_000)).rejects.toThrow("at most 7864320 bytes are possible");
    expect(await store.log.read("audit", Number.MAX_SAFE_INTEGER, 10)).toHaveLength(1);
  });
});
