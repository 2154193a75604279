/** What Redis tells an instance unasked: over connections that are lost, by rights that are narrow, of keys of any form. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import { instanceOf, type Machine, type Store, scopeOf } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { type BadProxy, badProxy } from "../support/bad-proxy.ts";
import { eventually } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { Caller, ONE, operate } from "./caller.ts";

/** Pushes to whom it is told to. */
const caller: Machine<object, string | null, object> = {
  name: "caller",
  empty: () => ({}),
  step: (_state, session) => ({ push: [{ session, message: "wake" }] }),
};

test.each([
  ["{tidegate:app:main}", "tidegate:app"],
  ["{tidegate:app:a%3Ab}", "tidegate:app"],
  ["{tidegate:of:many:parts:main}", "tidegate:of:many:parts"],
  ["plain", "plain"],
  ["{plain}", "plain"],
  ["a:b", "a"],
  ["{a}:b", "{a}"],
  ["{a:b", "{a"],
  ["{}", ""],
  ["", ""],
])("the scope of %j is %j", (key, scope) => {
  expect(scopeOf(key)).toBe(scope);
});

test.each([
  ["0a1b2c", "0a1b2c"],
  ["0a1b2c_7", "0a1b2c"],
  ["a-b_7_8", "a-b"],
  ["_7", ""],
])("the instance of session %j is %j", (session, instance) => {
  expect(instanceOf(session)).toBe(instance);
});

describe.skipIf(redisUnavailable())(`pushes in Redis ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let proxy: BadProxy;
  let store: Store;
  let keys = 0;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.dispose());
  beforeEach(async () => {
    proxy = await badProxy(server.port);
    store = redis(`redis://127.0.0.1:${proxy.port}`).open(systemRuntime());
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  const newKey = () => `{tidegate:pushes:${++keys}}`;
  const two = (key: string, of = store) =>
    ["a", "b"].map((session) => new Caller(of, key, session, ONE)) as [Caller, Caller];
  /** As a user with these rights, beside all commands. */
  async function openAs(user: string, ...rights: string[]): Promise<Store> {
    await server.tell("ACL", "SETUSER", user, "on", ">pw", "resetkeys", "resetchannels", "+@all", ...rights);
    const own = redis(`redis://${user}:pw@127.0.0.1:${server.port}`).open(systemRuntime());
    onTestFinished(() => own.close());
    return own;
  }
  /** Somebody holds the only permit, `b` waits for it and listens. */
  async function waiting(own = store) {
    const key = newKey();
    const [a, b] = two(key, own);
    const calls: string[] = [];
    const stop = own.onPush("tidegate:pushes", "b", (of, message) => calls.push(of === key ? message : of));
    await a.needs(1);
    expect((await b.needs(1)).permits).toBe(0);
    return { a, b, calls, stop };
  }
  const pubsubClients = async () =>
    (await server.tell("CLIENT", "LIST", "TYPE", "pubsub")).split("\n").filter((line) => line.includes("sub=2")).length;
  /** To its own channel, and to that of all. */
  const subscribed = (count = 1) => eventually("it is subscribed", async () => (await pubsubClients()) === count);

  test("arrive on a second connection, until nobody listens", async () => {
    const { a, b, calls, stop } = await waiting();
    await subscribed();
    expect(proxy.accepted()).toBe(2);
    await a.needs(0);
    await eventually("b is called", () => calls.length > 0);
    expect(calls).toEqual(["wake"]);
    await b.fails();
    await eventually("all are called", () => calls.length > 1);
    expect(calls).toEqual(["wake", "changed"]);
    stop();
    await subscribed(0);
  });

  test("arrive again after that connection was lost", async () => {
    const { a, calls } = await waiting();
    await subscribed();
    await server.tell("CLIENT", "KILL", "TYPE", "pubsub");
    await subscribed();
    await a.needs(0);
    await eventually("b is called", () => calls.length > 0);
  });

  test("arrive though the connection was lost before the subscription was confirmed", async () => {
    proxy.loseAnswerTo("subscribe");
    const { a, calls } = await waiting();
    await subscribed();
    await a.fails();
    await eventually("all are called", () => calls.length > 0);
  });

  test("of a user who may not publish are lost, and the renewal is not", async () => {
    const { a, b, stop } = await waiting(await openAs("mute", "~*"));
    await a.needs(0);
    expect((await b.needs(1)).permits).toBe(1);
    expect((await b.fails()).breaker.state).toBe("open");
    stop();
  });

  test("of a user with rights to what begins with {tidegate: alone arrive", async () => {
    const { a, b, calls } = await waiting(await openAs("narrow", "~{tidegate:*", "&{tidegate:*"));
    await subscribed();
    await a.needs(0);
    await eventually("b is called", () => calls.length > 0);
    await b.fails();
    await eventually("all are called", () => calls.length > 1);
    expect(calls).toEqual(["wake", "changed"]);
  });

  test.each([
    "plain",
    "{tidegate:app:a%3Ab}",
    "{tidegate:of:many:parts:main}",
    "{a}:b",
    "a:b",
    "{a:b",
    "{}",
    "{ a: é }",
  ])(
    "of the gate %j, and of another machine there, are told with that key to who listens in its scope",
    async (key) => {
      const calls: string[] = [];
      store.onPush(scopeOf(key), "a", (of, message) => calls.push(`${message} at ${of}`));
      await subscribed();
      await new Caller(store, key, "b").commands(operate("force_open", "o1"));
      await store.transact(caller, key, "b_1");
      await store.transact(caller, key, "a_1");
      await store.transact(caller, key, null);
      await eventually("a is called", () => calls.length > 2);
      expect(calls).toEqual([`changed at ${key}`, `wake at ${key}`, `wake at ${key}`]);
    },
  );
});
