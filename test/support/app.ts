/** A small application behind Tidegate, over a fake database in virtual time, for tests of what travels over HTTP. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { type FaultControl, withFaults } from "../../lib/database/faults.ts";
import type { Log, LogFields } from "../../lib/log/port.ts";
import { openapi } from "../../lib/openapi/openapi.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Answer, fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Tidegate, type TidegateEnv, type TidegateOptions, tidegate } from "../../lib/tidegate.ts";
import { described, holdTo } from "./described.ts";

const hold = holdTo(openapi);

export interface SmallApp {
  readonly app: Hono<TidegateEnv>;
  readonly tide: Tidegate;
  readonly runtime: ManualRuntime;
  readonly faults: FaultControl;
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
}

/** @param env Beside `APP_ENV=production`, so that nothing is shown which production would hide. */
const QUIET = {
  APP_ENV: "production",
  STATE_NAMESPACE: "test",
  DATABASE_URL: "postgres://db/fab",
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  ADMIN_TOKENS: "tester:a-token-that-is-long-enough-to-pass",
};

export function smallApp(
  env: Record<string, string> = {},
  answer: Answer = () => [{ id: 1 }],
  more: Partial<TidegateOptions> = {},
): SmallApp {
  const runtime = manualRuntime();
  const lines: SmallApp["lines"] = [];
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const { adapter, faults } = withFaults(fakeDatabase(answer));
  const config = readConfig({ ...QUIET, ...env });
  const tide = tidegate({ database: adapter, store: memory(), config, log, runtime, appVersion: "1.2.3", ...more });
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .get("/orders", async (c) => c.json(await c.var.db.query`select * from orders`))
    .post("/orders", async (c) => c.json(await c.req.json()))
    .route("/", tide.routes());
  return { app: described(app, hold), tide, runtime, faults, lines };
}
