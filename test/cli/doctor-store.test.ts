/** The doctor in front of stores that answer, and do not let themselves be used as the application uses them. */
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { checkStore } from "../../lib/cli/doctor/store.ts";
import { readConfig } from "../../lib/config.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { ROOT, textOf } from "../infra/files.ts";
import { because } from "../support/because.ts";
import { denoBinary, denoUnavailable, kvFolder } from "../support/deno.ts";
import { eventually, freePort } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { startSentinel } from "../support/redis-sentinels.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";

const ENV = { DATABASE_URL: "pglite:", EXPECTED_INSTANCES: "2", STATE_DEADLINE_MS: "1000", STATE_NAMESPACE: "mine" };

/** As the command asks. */
async function examined(env: Readonly<Record<string, string>>) {
  const checks = await checkStore(readConfig(env), systemRuntime());
  return {
    checks,
    of: (about: string) => checks.filter((check) => check.about === about),
    bad: () => checks.filter(({ verdict }) => verdict !== "ok"),
  };
}
const asUser = ({ port }: RedisServer, name = "tide") => `redis://${name}:pw@127.0.0.1:${port}`;

const noRedis = redisUnavailable();
describe.skipIf(noRedis)(`a Redis${because(noRedis)}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ appendonly: true });
  });
  afterAll(() => server?.dispose());

  /** The user that the page of the store proposes, and what is changed about it. */
  async function withUser(...changes: string[]) {
    const [, rules = ""] = /ACL SETUSER tide on >PASSWORD ([^`]*)```/.exec(textOf("docs/stores/redis.md")) ?? [];
    await server.tell("ACL", "DELUSER", "tide");
    await server.tell("ACL", "SETUSER", "tide", "on", ">pw", ...rules.trim().split(/\s+/), ...changes);
    const { of, bad } = await examined({ ...ENV, STATE_URL: asUser(server) });
    return { of, said: bad().map(({ verdict, about, found }) => `${verdict} ${about}: ${found}`) };
  }

  test("is tried by a renewal, a value, a record and a request, of which nothing stays", async () => {
    const { of, bad } = await examined({ ...ENV, STATE_URL: server.url });
    expect(bad()).toEqual([]);
    expect(of("store trial")).toMatchObject([
      { verdict: "ok", found: "takes a renewal, a small value, a record of the audit, a counted request" },
    ]);
    await eventually("what was tried is gone", async () => (await server.tell("DBSIZE")).startsWith(":0"));
  });

  test("has all it needs of the user that its page proposes, but for what the doctor asks", async () => {
    expect((await withUser()).said).toEqual(["warn store settings: its user may not ask for them (INFO)"]);
    expect((await withUser("+info")).said).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["no scripts", "-evalsha", "fail store trial: refuses a renewal"],
    ["no keys", "resetkeys", "fail store trial: refuses a renewal"],
    ["no rankings", "-zadd", "fail store trial: refuses a renewal"],
    ["no streams", "-xadd", "fail store trial: refuses a record of the audit"],
    ["no counters", "-incrby", "warn store trial: refuses a counted request"],
    [
      "no channels",
      "resetchannels",
      "warn store trial: refuses a push, so that waiting calls hear of free permits later",
    ],
    [
      "no word to others",
      "-publish",
      "warn store trial: refuses a push, so that waiting calls hear of free permits later",
    ],
  ])("whose user has %s is told so", async (_, change, told) => {
    const { said, of } = await withUser("+info", change);
    expect(said[0]).toContain(told);
    expect(of("store trial").find(({ verdict }) => verdict !== "ok")?.remedy).toContain("docs/stores/redis.md");
  });

  test("that is a replica is not tried", async () => {
    const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${server.port}` } });
    onTestFinished(() => replica.dispose());
    const { checks } = await examined({ ...ENV, STATE_URL: replica.url });
    expect(checks).toMatchObject([{ verdict: "fail", found: expect.stringContaining("replica") }]);
  });

  test("that is full has to be mended", async () => {
    const full = await startRedis({ appendonly: true, settings: { maxmemory: "1b" } });
    onTestFinished(() => full.dispose());
    const { of } = await examined({ ...ENV, STATE_URL: full.url });
    expect(of("store trial")[0]).toMatchObject({ verdict: "fail", remedy: expect.stringContaining("more memory") });
  });

  test("that is all of a cluster may stay", async () => {
    const settings = { "cluster-enabled": "yes", "cluster-port": String(await freePort()) };
    const one = await startRedis({ settings });
    onTestFinished(() => one.dispose());
    await one.tell("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await eventually("it is whole", async () => (await one.tell("CLUSTER", "INFO")).includes("cluster_state:ok"));
    const role = async (url: string) => (await examined({ ...ENV, STATE_URL: url })).of("store role");
    expect(await role(one.url)).toMatchObject([{ verdict: "warn", found: expect.stringContaining("of one shard") }]);
    const [whole] = await role(one.url.replace("redis://", "redis+cluster://"));
    expect(whole).toMatchObject({ verdict: "ok", found: "a cluster of 1 shard, whole" });
    await one.tell("CLUSTER", "DELSLOTSRANGE", "0", "8191");
    const isDown = async () => (await one.tell("CLUSTER", "INFO")).includes("cluster_state:fail");
    await eventually("it has noticed", isDown);
    const [broken] = await role(one.url.replace("redis://", "redis+cluster://"));
    expect(broken).toMatchObject({ verdict: "fail", found: expect.stringContaining("8192 of 16384 slots") });
  });

  test("that is a part of a cluster says what to write, and with that all of it is tried", async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.dispose());
    const single = await examined({ ...ENV, STATE_URL: `redis://127.0.0.1:${cluster.servers[0]?.port}` });
    expect(single.of("store role")).toMatchObject([
      {
        verdict: "fail",
        found: expect.stringContaining("of 3 shards"),
        remedy: expect.stringContaining("redis+cluster"),
      },
    ]);
    const { of } = await examined({ ...ENV, STATE_URL: cluster.url });
    expect(of("store role")).toMatchObject([{ verdict: "ok", found: "a cluster of 3 shards, whole" }]);
    expect(of("store trial")).toMatchObject([
      { verdict: "ok", found: expect.stringContaining("a record of the audit") },
    ]);
    const { of: alone } = await examined({ ...ENV, STATE_URL: server.url.replace("redis://", "redis+cluster://") });
    expect(alone("store role")).toMatchObject([{ verdict: "fail", found: "it is no cluster" }]);
  });

  test("that is a Sentinel is told from what it watches, and leads to that", async () => {
    const sentinel = await startSentinel(server);
    onTestFinished(() => sentinel.end());
    const { of } = await examined({ ...ENV, STATE_URL: `redis://127.0.0.1:${sentinel.port}` });
    expect(of("store role")).toMatchObject([{ verdict: "fail", found: expect.stringContaining("Sentinel") }]);
    const led = await examined({ ...ENV, STATE_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/main` });
    expect(led.of("store trial")).toMatchObject([{ verdict: "ok" }]);
    const lost = await examined({ ...ENV, STATE_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/other` });
    expect(lost.of("store")).toMatchObject([{ verdict: "fail", found: expect.stringContaining('watches no "other"') }]);
  });

  test("behind a REST gateway is tried as well", async () => {
    const gateway = await startUpstashGateway(server.url);
    const env = { ...ENV, STATE_URL: `upstash:${gateway.url}`, STATE_TOKEN: gateway.token };
    expect((await examined(env)).of("store trial")).toMatchObject([{ verdict: "ok" }]);
    await gateway.close();
    await server.tell("ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "+@read", "+info", "+time");
    const reading = await startUpstashGateway(asUser(server, "reader"));
    const refused = await examined({ ...env, STATE_URL: `upstash:${reading.url}`, STATE_TOKEN: reading.token });
    expect(refused.of("store trial")[0]).toMatchObject({ verdict: "fail", found: expect.stringContaining("NOPERM") });
    await reading.close();
  });
});

const noDeno = denoUnavailable();
test.skipIf(noDeno)(`a Deno KV is tried where the doctor runs in Deno${because(noDeno)}`, () => {
  const folder = kvFolder();
  const flags = ["-A", "--unstable-kv", "--no-lock", "--conditions=tidegate-source", "--config", `${ROOT}deno.json`];
  const said = execFileSync(denoBinary() ?? "deno", ["run", ...flags, `${ROOT}lib/cli/tidegate.ts`, "doctor"], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: {
      ...ENV,
      HOME: tmpdir(),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      STATE_URL: `deno-kv:${folder.path("kv")}`,
    },
  });
  expect(said).toMatch(/^ok +store trial +takes a renewal, a small value, a counted request$/m);
  folder.remove();
});
