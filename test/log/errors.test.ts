/** Errors of others, which carry secrets in fields of their own. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { webhook } from "../../lib/recovery/hooks/webhook.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { tidegate } from "../../lib/tidegate.ts";

const redact = createRedactor({ secrets: ["known-secret"] });
const shown = (value: unknown) => JSON.stringify(redact.value(value));

function invalidUrl(text: string, base?: string): Error {
  try {
    return new URL(text, base) as never;
  } catch (error) {
    return error as Error;
  }
}

describe("what was refused as a URL", () => {
  test.each([
    "postgres://root:s3cr?etPW%40db:5432/shop",
    "postgres://root:s3cr?etPW@db:5432/shop",
    "postgres://root:s3cr#etPW@db",
    "postgres://root:99999/etPW@db",
  ])("%s is shown by its scheme alone, in every field of the error and of its causes", (text) => {
    const error = invalidUrl(text);
    expect(error).toMatchObject({ input: text });
    const outer = Object.assign(new Error("outer", { cause: error }), { inner: { error }, errors: [error] });
    expect(shown({ error: outer })).not.toMatch(/s3cr|etPW/);
    expect(shown(error)).toContain('"input":"postgres://***"');
  });

  test("a base is no better", () => {
    expect(shown(invalidUrl("//", "postgres://root:s3cr?etPW@db:x"))).not.toMatch(/s3cr|etPW/);
  });

  test("and a message that repeats it, as Deno's does, has no password", () => {
    const error = new TypeError("Invalid URL: 'postgres://root:s3cr?etPW%40db:5432/shop'");
    expect(shown(error)).not.toMatch(/s3cr|etPW/);
  });
});

test("known secrets are taken out of all own fields of an error, however deep, and of its causes", () => {
  const cause = Object.assign(new Error("a known-secret"), { options: { url: "x://known-secret" } });
  const error = Object.assign(new Error("b", { cause }), {
    input: "known-secret",
    config: { headers: [["x", "known-secret"]] },
    "known-secret": 1,
    get lazy() {
      return new Map([["known-secret", new Set(["known-secret"])]]);
    },
  });
  expect(shown({ error })).not.toContain("known-secret");
});

describe("a secret that code gives", () => {
  const secret = "0nly-in-c0de";
  test.each<[string, StoreAdapter, Parameters<typeof tidegate>[0]["restart"]]>([
    ["redis(url)", redis(`redis://:${secret}@h`), undefined],
    ["upstash(url, { token })", upstash("https://h", { token: secret }), undefined],
    [
      "webhook({ url })",
      memory(),
      webhook({ url: `https://h/restart/${secret}`, secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }),
    ],
  ])("by %s is in no line of the log", async (_what, store, restart) => {
    const lines: string[] = [];
    const write = (event: string, fields: unknown) => void lines.push(JSON.stringify({ event, fields }));
    const leaky = Object.assign(new Error(`${secret} at /restart`), { input: `x ${secret}`, url: { query: secret } });
    const opened = { ...memory().open(manualRuntime()), close: () => Promise.reject(leaky) };
    const tide = tidegate({
      database: fakeDatabase(() => []),
      store: { ...store, open: () => opened },
      restart,
      config: readConfig({}),
      log: { debug: write, info: write, warn: write, error: write },
      runtime: manualRuntime(),
    });
    await tide.close();
    expect(lines.join()).toMatch(/close\.failed.*at \/restart/);
    expect(lines.join()).not.toContain(secret);
  });
});
