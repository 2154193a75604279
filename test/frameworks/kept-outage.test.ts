/** An outage over routes that are refreshed in the background: marked in every framework alike, and over by itself. */
import { expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";
import { eventually } from "../support/processes.ts";
import { FRAMEWORKS } from "./kept-served.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test.each(FRAMEWORKS)("%s marks old answers whose refresh fails, and keeps new ones as they are", async (_, start) => {
  const runtime = manualRuntime();
  const { waitUntil, settled } = afterAnswers();
  let isAway = false;
  const tide = tidegate({
    database: fakeDatabase(() => {
      if (isAway) throw new DatabaseError("connection", "The database could not be reached.");
      return [{ quantity: 7 }];
    }),
    ...{ store: memory(), runtime, log: NOTHING, waitUntil },
    config: readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" }),
  });
  const { url, close } = await start(tide, {
    "/stock": {
      keep: { freshSeconds: 5, refresh: "background" },
      answer: async ({ db }) => ({
        json: { success: true, data: await db.query`select quantity from stock`, meta: { timestamp: "then" } },
        headers: { "X-Own": "1" },
      }),
    },
  });
  try {
    const ask = async () => {
      const { headers, ...answer } = await fetch(`${url}/stock`).then(async (given) => ({
        ...{ headers: given.headers, status: given.status, body: await given.json() },
      }));
      return { ...answer, headers, cache: headers.get("cache-status") ?? "" };
    };
    await ask();
    await settled();
    await runtime.advance(6_000);
    isAway = true;
    const old = await eventually("it is marked", async () => {
      const answer = await ask();
      return answer.cache.includes("fwd=stale; detail=DB_CONNECTION_FAILED") && answer;
    });
    expect([old.status, old.body.meta.stale.age_seconds, old.headers.has("tidegate-as-of")]).toEqual([200, 6, true]);
    isAway = false;
    const anew = await eventually("a new one is kept", async () => {
      const answer = await ask();
      return /ttl=\d/.test(answer.cache) && answer;
    });
    const { headers, body } = anew;
    expect([headers.get("cache-control"), headers.get("retry-after"), headers.get("x-own"), body.meta.stale]).toEqual([
      null,
      null,
      "1",
      undefined,
    ]);
  } finally {
    await close();
    await tide.close();
  }
});
