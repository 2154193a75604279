/** The same in a real Redis, whose entries are packed: a step answers, in another life where the one before is damaged. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noTotals } from "../../lib/gate/state.ts";
import { createLedger } from "../../lib/recovery/ledger-client.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { RECORDS } from "../../lib/store/lua/gate/records.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { LEDGER_RULES } from "../support/ledger.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { Caller, operate } from "./caller.ts";
import { chance } from "./spoilt.ts";

const ROUNDS = 150;

/** One part of one entry is another thing, or the entry is cut, overwritten in the middle, or none. */
const SPOIL = `
local fields = redis.call("HKEYS", KEYS[1])
table.sort(fields)
local field = fields[tonumber(ARGV[1]) % #fields + 1]
local text, how = redis.call("HGET", KEYS[1], field), tonumber(ARGV[2])
local at = tonumber(ARGV[3])
if how == 0 then text = string.sub(text, 1, at % #text)
elseif how == 1 then text = string.sub(text, 1, at % #text) .. "\\255\\193" .. string.sub(text, at % #text + 3)
elseif how == 2 then text = "none"
else
  local value = cmsgpack.unpack(text)
  local weird = { 9e15, -1, 0.5, 0 / 0, "x", false, {} }
  if type(value) == "table" and #value > 0 then value[at % #value + 1] = weird[at % 7 + 1] end
  text = cmsgpack.pack(value)
end
redis.call("HSET", KEYS[1], field, text)
return field .. " " .. how .. " " .. at`;

describe.skipIf(redisUnavailable())(`what is kept in Redis ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let store: Store;
  beforeAll(async () => {
    server = await startRedis();
    store = redis(`redis://127.0.0.1:${server.port}`).open(systemRuntime());
  });
  afterAll(async () => {
    await store?.close();
    await server?.dispose();
  });

  test("may be anything: a gate answers with numbers that are some, and hears its operator", async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = chance(seed);
      const key = `{spoilt:${seed}}`;
      const [a, b] = [new Caller(store, key, "a"), new Caller(store, key, "b")];
      await a.needs(2);
      await b.sends({ commands: [operate("observe", "o1")] });
      const picks = [1, 4, 1_000].map((most) => String(Math.floor(random() * (most === 1 ? 100 : most))));
      const told = await server.tell("EVAL", SPOIL, "1", `${key}:leases`, ...picks);
      const fresh = new Caller(store, key, "c");
      const reply = await fresh.sends().catch((error: unknown) => error);
      expect(reply, `seed ${seed}: ${told}`).toMatchObject({ known: true, life: expect.any(Number) });
      const view = await fresh.views().catch((error: unknown) => error);
      expect(view, `seed ${seed}: ${told}`).toMatchObject({ n: expect.any(Number) });
      const said = await fresh.sends({ commands: [operate("force_open", "o2")] }).catch((error: unknown) => error);
      expect(said, `seed ${seed}: ${told}`).toMatchObject({ replies: [{ kind: "operated" }] });
    }
  }, 60_000);

  test("may be an older release's: its sums go on, and what it did not count begins at nothing", async () => {
    const key = "{spoilt:older}";
    const a = new Caller(store, key, "a");
    await a.needs(1);
    const { renewals } = (await a.views()).totals;
    const places = (RECORDS.totals.get("causes")?.at ?? 0) - 1;
    const shorten = `local all = cmsgpack.unpack(redis.call("HGET", KEYS[1], "totals"))
      for at = #all, tonumber(ARGV[1]) + 1, -1 do all[at] = nil end
      redis.call("HSET", KEYS[1], "totals", cmsgpack.pack(all))`;
    await server.tell("EVAL", shorten, "1", `${key}:leases`, String(places));
    await a.sends({ tallies: { kept_fresh: 2 } });
    const { totals } = await a.views();
    expect(totals).toMatchObject({ renewals: renewals + 2, tallies: { kept_fresh: 2, kept_shared: 0 } });
    expect(totals.causes).toEqual(noTotals().causes);
  });

  test("may be a ledger that is none: it says so, and takes an override", async () => {
    const ledger = createLedger({
      store,
      key: "{spoilt:ledger}",
      rules: LEDGER_RULES,
      deadlineMs: 5_000,
      runtime: systemRuntime(),
    });
    expect((await ledger.send({ kind: "look" })).view.damaged).toBe(false);
    for (const text of ["", "null", "{", '{"life":1,"clock":9e15}', "[]"]) {
      await server.tell("HSET", "{spoilt:ledger}:ledger", "state", text);
      expect((await ledger.send({ kind: "look" })).view, text).toMatchObject({
        damaged: true,
        policy: { blockedBy: "damaged" },
      });
    }
  });
});
