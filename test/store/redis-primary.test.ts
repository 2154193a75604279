/** Where the primary is, by the word of Sentinels that a test lets speak, in virtual time. */
import { describe, expect, test } from "vitest";
import type { RedisNode } from "../../lib/redis-url.ts";
import type { Client, connectTo } from "../../lib/store/redis/client.ts";
import { connectBy } from "../../lib/store/redis/locator.ts";
import { type Primary, primaryOf } from "../../lib/store/redis/sentinel.ts";
import { settingsOf } from "../../lib/store/redis/settings.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { follow } from "../support/guarded.ts";

const SENTINELS = ["s1", "s2", "s3"].map((host) => ({ host, port: 26_379 }));
const SETTINGS = settingsOf("redis+sentinel://s1,s2,s3/main");
const ANSWER_MS = 500;
const LOOK_MS = 200;
const KEPT_MS = 5_000;
const OLD = { host: "old", port: 6379 };
const NEW = { host: "new", port: 6379 };

/** What a Sentinel says: a place and how many failovers it has heard of; "nothing", ever; or that it is not there. */
type Word = { readonly node: RedisNode; readonly epoch: number | null } | "silent" | "gone";

function scene(...words: readonly Word[]) {
  const runtime = manualRuntime();
  const said = new Map(SENTINELS.map(({ host }, at) => [host, words[at] ?? "gone"]));
  const open: string[] = [];
  let opened = 0;
  const primary: Primary = primaryOf({
    ...{ settings: SETTINGS, sentinels: SENTINELS, master: "main", runtime },
    connect({ host }) {
      open.push(host);
      opened += 1;
      return {
        async tell([, what]) {
          const word = said.get(host) ?? "gone";
          if (word === "silent") return new Promise(() => {});
          if (word === "gone") throw new Error("refused");
          if (what === "GET-MASTER-ADDR-BY-NAME") return [word.node.host, String(word.node.port)];
          if (word.epoch === null) throw new Error("NOPERM this user has no permissions");
          return ["name", "main", "flags", "master", "config-epoch", String(word.epoch), "quorum", "2"];
        },
        close: async () => void open.splice(open.indexOf(host), 1),
      };
    },
  });
  return { runtime, primary, said, open, opened: () => opened };
}

describe("the primary, by the word of Sentinels", () => {
  test("is who the one names that has heard of the latest failover, wherever that stands in the list", async () => {
    const { primary, said } = scene({ node: OLD, epoch: 9 }, { node: OLD, epoch: 9 }, { node: NEW, epoch: 10 });
    for (let turn = 0; turn < SENTINELS.length; turn++) expect(await primary.locate()).toEqual(NEW);
    said.set("s3", { node: OLD, epoch: 9 }).set("s1", { node: NEW, epoch: 10 });
    for (let turn = 0; turn < SENTINELS.length; turn++) expect(await primary.locate()).toEqual(NEW);
  });

  test("is asked of each first in turn, where none may say what it has heard of", async () => {
    const { primary } = scene({ node: OLD, epoch: null }, { node: NEW, epoch: null }, { node: NEW, epoch: null });
    expect([await primary.locate(), await primary.locate()]).toEqual([OLD, NEW]);
  });

  test("is waited for half a second once, where a Sentinel went without a word", async () => {
    const { runtime, primary, said } = scene("silent", { node: OLD, epoch: 1 }, "gone");
    const first = follow(primary.locate());
    await runtime.advance(ANSWER_MS - 1);
    expect(first.result()).toBeNull();
    await runtime.advance(1);
    expect(first.result()).toEqual({ value: OLD });
    expect(await primary.locate()).toEqual(OLD);
    said.set("s1", { node: NEW, epoch: 2 });
    await primary.locate();
    expect(await primary.locate()).toEqual(NEW);
  });

  test("is asked for once by all who want to know at a time, over connections that are kept for a while", async () => {
    const { runtime, primary, open, opened } = scene({ node: OLD, epoch: 1 }, { node: OLD, epoch: 1 });
    await Promise.all([primary.locate(), primary.locate()]);
    await runtime.advance(KEPT_MS - 1);
    await primary.locate();
    await runtime.advance(KEPT_MS - 1);
    expect([open, opened()]).toEqual([["s1", "s2", "s3"], 3]);
    await runtime.advance(1);
    expect(open).toEqual([]);
    await primary.locate();
    await primary.close();
    expect([open, opened(), runtime.pendingTimers()]).toEqual([[], 6, 0]);
    await expect(primary.locate()).rejects.toThrow("it is closed");
  });

  test("that none knows is told with what each has said", async () => {
    const { runtime, primary } = scene("silent", "gone", "gone");
    const asked = follow(primary.locate());
    await runtime.advance(ANSWER_MS);
    expect(String(asked.result()?.error)).toMatch(/no Sentinel says where "main" is: .*refused.*s1:26379: no answer/);
  });
});

describe("a connection to a primary that says nothing", () => {
  function connecting(...words: readonly Word[]) {
    const { runtime, primary, said } = scene(...words);
    const { promise, resolve } = Promise.withResolvers<Client>();
    const asked: unknown[] = [];
    const connect: typeof connectTo = (endpoint) => {
      asked.push(endpoint);
      return promise;
    };
    const made = follow(connectBy(primary, SETTINGS, runtime, connect));
    return { runtime, said, made, asked, resolve };
  }
  const client = () => {
    let destroyed = false;
    const destroy = () => {
      destroyed = true;
    };
    const one = { destroy } as Client;
    return { one, isDestroyed: () => destroyed };
  };

  test("is given up as soon as another has its place", async () => {
    const { runtime, said, made, asked, resolve } = connecting({ node: OLD, epoch: 1 });
    await runtime.advance(3 * LOOK_MS);
    expect([asked, made.result()]).toEqual([[OLD], null]);
    said.set("s2", { node: NEW, epoch: 2 });
    await runtime.advance(LOOK_MS);
    expect(String(made.result()?.error)).toContain("another server has the place of old:6379");
    const late = client();
    resolve(late.one);
    await runtime.advance(0);
    expect([late.isDestroyed(), runtime.pendingTimers()]).toEqual([true, 1]);
  });

  test("is waited for while it is the one that is named, or nobody says anything", async () => {
    const { runtime, said, made, resolve } = connecting({ node: OLD, epoch: 1 });
    await runtime.advance(LOOK_MS);
    said.set("s1", "gone");
    await runtime.advance(5 * LOOK_MS);
    const there = client();
    resolve(there.one);
    await runtime.advance(LOOK_MS);
    expect([made.result(), there.isDestroyed()]).toEqual([{ value: { client: there.one, endpoint: OLD } }, false]);
  });
});
