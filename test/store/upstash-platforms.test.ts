/** The same adapter where there is no Node: in real Deno and in real workerd, the runtime of Workers. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { startUpstashGateway, type UpstashGateway } from "../support/upstash-gateway.ts";
import type { Visit } from "../support/upstash-visitor.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VISITOR = "./test/support/upstash-visitor.ts";
const VISITORS = 8;

describe.skipIf(redisUnavailable())(`upstash elsewhere ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let gateway: UpstashGateway;

  beforeAll(async () => {
    server = await startRedis();
    gateway = await startUpstashGateway(server.url);
  });
  afterAll(async () => {
    await gateway?.close();
    await server?.dispose();
  });

  async function visitInDeno(text: string): Promise<Visit> {
    const asked = [gateway.url, gateway.token, text].map((one) => JSON.stringify(one)).join();
    const code = `import { visit } from "${VISITOR}"; console.log(JSON.stringify(await visit(${asked})));`;
    const { stdout } = await promisify(execFile)("deno", ["eval", "--ext=ts", code], { cwd: ROOT, timeout: 60_000 });
    return JSON.parse(stdout);
  }

  test("in Deno, also when its fetch repeats an append whose answer was lost", async () => {
    const visit = await visitInDeno("deno 🌊");
    expect(visit).toMatchObject({ value: "deno 🌊", appended: true, traits: { sharesIo: true } });
    const before = gateway.requests.length;
    gateway.misbehave({ kind: "delay", ms: 0 }, { kind: "delay", ms: 0 }, { kind: "lose" });
    expect(await visitInDeno("deno again")).toMatchObject({ value: "deno again", appended: true });
    expect(gateway.requests.length - before).toBe(4);
  });

  test(`in workerd, for ${VISITORS} requests at once, none of which waits for another's`, async () => {
    const code = `
      import { visit } from "${VISITOR}";
      export default {
        fetch: async (request, { url, token }) => Response.json(await visit(url, token, await request.text())),
      };`;
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: ROOT, loader: "ts" },
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["workerd", "worker", "browser"],
    });
    const workers = new Miniflare({
      modules: true,
      script: outputFiles[0]?.text ?? "",
      // Before Workers took `cache` as an option of a request.
      compatibilityDate: "2024-09-23",
      bindings: { url: gateway.url, token: gateway.token },
    });
    try {
      const ask = async (text: string) => {
        const answer = await workers.dispatchFetch("http://worker/", { method: "POST", body: text });
        return (await answer.json()) as Visit;
      };
      const texts = Array.from({ length: VISITORS }, (_, n) => `worker ${n}`);
      const visits = await Promise.all(texts.map(ask));
      expect(visits.map(({ value }) => value)).toEqual(texts);
      expect(visits.every(({ appended, traits }) => appended && !traits.sharesIo)).toBe(true);
    } finally {
      await workers.dispose();
    }
  });
});
