/** What only Deno KV has, in real Deno: flags, several processes on one file, clocks that are wrong, pages. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Command } from "../../lib/gate/commands.ts";
import type { GateView } from "../../lib/gate/replies.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { denoKv } from "../../lib/store/deno-kv/deno-kv.ts";
import type { Carried, Load } from "../bench/deno-kv-load.ts";
import { type DenoServer, denoUnavailable, kvFlags, kvFolder, startDeno } from "../support/deno.ts";
import { RULES } from "../support/gate.ts";
import { Caller } from "./caller.ts";

const HOUR = 3_600_000;
const GATE = "{tidegate:test:gate}";
const ENTRIES = ["tidegate", "machine", GATE, "gate"];
const ONE = { capacity: { request: 1, slow: 1, health: 1 } };

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
    new Caller(store, GATE, session, { ...RULES, wakes: false, ...rules });
  const viewed = async (one: Caller) => (await one.sends([{ kind: "view" }]))[0] as GateView;
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

  test("two processes on one file lose none of 400 outcomes, and neither gives out more than there is", async () => {
    const path = newFile();
    const [one, other] = [await start({ path }), await start({ path })];
    const rules = { capacity: { request: 8, slow: 1, health: 1 }, windowSeconds: 300 };
    const callers = [one, other].flatMap((server, n) => [0, 1, 2, 3].map((m) => caller(server, `c${n}${m}`, rules)));
    await Promise.all(callers.map((each) => each.calls(50, "success")));
    const { window, lanes, seconds } = await viewed(caller(one, "viewer", rules));
    expect(window).toMatchObject({ calls: 400, failures: 0 });
    expect(lanes.request).toMatchObject({ held: 0, free: 8 });
    expect(Math.max(...seconds.map(({ permits }) => permits))).toBeLessThanOrEqual(8);
    const logs = await Promise.all([one, other, one, other].map(({ store }) => store.log.append("audit", "first", 0)));
    expect(logs.filter(({ appended }) => appended)).toHaveLength(1);
  });

  test("a process under full load leaves room for another", async () => {
    const path = newFile();
    const [busy, other] = [await start({ path }), await start({ path })];
    const b = caller(other, "b");
    const config = { ...RULES, capacity: { request: 1_000, slow: 0, health: 1 }, wakes: false };
    const load: Load = { key: GATE, session: "busy", config, held: 0, atOnce: 64, forMs: 3_000 };
    const loaded = busy.post<Carried>("load", load);
    let sent = 0;
    for (const end = performance.now() + 2_500; performance.now() < end; await sleep(10)) {
      await b.sends([]);
      sent++;
    }
    expect(sent).toBeGreaterThan(10);
    expect(await loaded).toMatchObject({ refused: 0 });
  });

  test("what a killed process held is with the others until it expires, and the file outlives both", async () => {
    const path = newFile();
    const one = await start({ path });
    const a = caller(one, "a", { ...ONE, connectTimeoutMs: 0 });
    await a.sends([a.asks({ deadlineMs: 500 })]);
    await one.kill();
    const other = await start({ path });
    const b = caller(other, "b", ONE);
    expect((await b.sends([b.asks()]))[0]).toMatchObject({ kind: "refused", reason: "full" });
    await sleep(2_600);
    expect((await b.sends([b.asks()]))[0]).toMatchObject({ kind: "permit" });
  });

  test("clocks an hour off behave alike after the first transaction of each", async () => {
    const path = newFile();
    const fleet = await Promise.all([0, -HOUR, HOUR].map((wallAheadMs) => start({ path, wallAheadMs })));
    const rules = { ...ONE, connectTimeoutMs: 0, recoveryMs: 1_000 };
    const callers = fleet.map((server, n) => caller(server, `c${n}`, rules));
    for (const each of callers) await each.sends([]);

    const times: number[] = [];
    for (const each of [...callers, ...callers, ...callers]) times.push((await viewed(each)).at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(10_000);

    for (const [n, each] of callers.entries()) {
      const next = callers[(n + 1) % callers.length] as Caller;
      const last = callers[(n + 2) % callers.length] as Caller;
      // A permit of each, as the others see it: there until its end, gone after it.
      await each.sends([each.asks({ deadlineMs: 0 })]);
      expect((await next.sends([next.asks()]))[0]).toMatchObject({ reason: "full" });
      await sleep(2_050);
      const asked = last.asks();
      expect((await last.sends([asked]))[0]).toMatchObject({ kind: "permit" });
      await last.sends([{ kind: "settle", id: asked.id, outcome: "success", slow: false }]);
      // An open period of each.
      const failures = Array.from({ length: 10 }, () => each.asks());
      await each.sends(
        failures.flatMap((one) => [one, { kind: "settle", id: one.id, outcome: "failure", slow: false }]),
      );
      expect((await next.sends([next.asks()]))[0]).toMatchObject({ reason: "open" });
      await sleep(1_050);
      const probe = last.asks();
      expect((await last.sends([probe]))[0]).toMatchObject({ kind: "permit", probe: true });
      await last.sends([{ kind: "settle", id: probe.id, outcome: "success", slow: false }]);
      await next.calls(1, "success");
      expect((await viewed(each)).breaker.state).toBe("closed");
      // A value of each.
      await fleet[n]?.store.kv.set(`value ${n}`, "text", 60_000);
      for (const { store } of fleet) expect((await store.kv.get(`value ${n}`))?.ageMs).toBeLessThan(5_000);
    }
  });

  test("a gate of many pages comes back as it was, and takes less room again", async () => {
    const path = newFile();
    const [one, other] = [await start({ path }), await start({ path })];
    const about = { runtime: "x".repeat(300), region: "🌊", version: "1", startedAt: 0 };
    const open = (n: number) => {
      const each = caller(n % 2 === 0 ? one : other, `session-${n}`);
      each.opens = { life: null, generation: 0, overrideVersion: 0, about };
      return each;
    };
    await Promise.all(Array.from({ length: 600 }, (_, n) => open(n).sends([])));
    const a = caller(one, "a", { capacity: { request: 400, slow: 0, health: 1 }, maxWaiting: 1_000 });
    const asks = Array.from({ length: 400 }, () => a.asks());
    const waits = Array.from({ length: 500 }, () => a.asks({ lane: "slow", waitMs: 60_000 }));
    const replies = await a.sends([...asks, ...waits]);
    expect(replies.filter(({ kind }) => kind === "permit")).toHaveLength(400);
    expect(replies.filter(({ kind }) => kind === "place")).toHaveLength(500);

    const grown = await other.post<{ versionstamp: string }[]>("entries", { under: ENTRIES });
    expect(grown.length).toBeGreaterThan(6);
    expect(new Set(grown.map(({ versionstamp }) => versionstamp)).size).toBe(1);
    const b = caller(other, "b");
    const view = await viewed(b);
    expect(view.lanes).toMatchObject({ request: { held: 400 }, slow: { waiting: 500 } });
    expect(view).toMatchObject({ n: 602 });
    expect(view.instances).toContainEqual(expect.objectContaining({ about }));

    const ends = [...asks, ...waits].map(({ id }): Command => ({ kind: "cancel", id }));
    expect((await a.sends(ends)).every((reply) => reply.kind === "ended" && reply.alive)).toBe(true);
    const shrunk = await other.post<unknown[]>("entries", { under: ENTRIES });
    expect(shrunk.length).toBeLessThan(grown.length);
    expect((await viewed(b)).lanes).toMatchObject({ request: { held: 0 }, slow: { waiting: 0 } });
  });

  test("a gate that does not fit into one commit refuses the batch, and holds what it held", async () => {
    const path = newFile();
    const one = await start({ path });
    const a = caller(one, "a", { capacity: { request: 10_000, slow: 1, health: 1 } });
    const fine = a.asks();
    await a.sends([fine]);
    const tooMany = Array.from({ length: 9_000 }, () => a.asks());
    await expect(a.sends(tooMany)).rejects.toThrow("at most 768 KiB fit into one commit");
    expect((await viewed(a)).lanes.request.held).toBe(1);
    expect(await a.sends([{ kind: "cancel", id: fine.id }])).toMatchObject([{ alive: true }]);
  });

  test("a page that is gone, or a head, is an error and not a new life", async () => {
    const path = newFile();
    const one = await start({ path });
    const a = caller(one, "a", { capacity: { request: 1_000, slow: 1, health: 1 } });
    await a.sends(Array.from({ length: 600 }, () => a.asks()));
    for (const [page, told] of [
      [1, "page 1 of 3 must be there and of one version"],
      [0, "its first page, the head, must be there"],
    ]) {
      await one.post("entries", { under: ENTRIES, remove: [[...ENTRIES, page]] });
      const fresh = await start({ path });
      await expect(caller(fresh, "b").sends([])).rejects.toThrow(String(told));
    }
  });

  test("a record and a value may be 63 KiB, and more is refused", async () => {
    const { store } = await start({ path: newFile() });
    const largest = "x".repeat(63 * 1_024 - 2);
    expect(await store.log.append("audit", largest, 0)).toEqual({ appended: true, head: 1 });
    await store.kv.set("value", largest, 60_000);
    expect((await store.kv.get("value"))?.value).toBe(largest);
    await expect(store.log.append("audit", `${largest}y`, 1)).rejects.toThrow("at most 64512 bytes are possible");
    await expect(store.kv.set("value", `${largest}y`, 60_000)).rejects.toThrow("at most 64512 bytes are possible");
    expect(await store.log.read("audit", Number.MAX_SAFE_INTEGER, 10)).toHaveLength(1);
  });
});
