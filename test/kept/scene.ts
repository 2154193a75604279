/** Applications with one kept route, in virtual time, over a database that counts what it is asked. */
import { type Context, Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import type { KeepHome } from "../../lib/kept/port.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { type Answer, fakeDatabase, type ManualRuntime, manualRuntime } from "../../lib/testing/testing.ts";
import {
  type KeepRouteOptions,
  success,
  type TidegateEnv,
  type TidegateOptions,
  tidegate,
} from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";

export interface KeptSceneOptions {
  readonly keep?: KeepRouteOptions;
  readonly path?: string;
  readonly handler?: (c: Context<TidegateEnv>) => Response | Promise<Response>;
  readonly answer?: Answer;
  readonly store?: StoreAdapter;
  readonly keepHome?: KeepHome;
  readonly runtime?: ManualRuntime;
  readonly telemetry?: TidegateOptions["telemetry"];
}

export function keptScene(options: KeptSceneOptions = {}) {
  const { path = "/stock", store = memory(), runtime = manualRuntime(), keepHome } = options;
  const { answer = () => [{ quantity: 7 }] } = options;
  const { handler = async (c: Context<TidegateEnv>) => success(c, await c.var.db.query`select quantity from stock`) } =
    options;
  const asked: string[] = [];
  const lines: { readonly event: string; readonly fields: LogFields }[] = [];
  const note = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
  const database = fakeDatabase((text, values) => {
    asked.push(text);
    return answer(text, values);
  });
  const { waitUntil, settled } = afterAnswers();
  const tide = tidegate({
    database,
    store,
    runtime,
    ...(keepHome && { keepHome }),
    telemetry: options.telemetry,
    config: readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" }),
    log: { debug: note, info: note, warn: note, error: note },
    waitUntil,
  });
  const app = new Hono<TidegateEnv>().use(tide.middleware()).get(path, tide.keep(options.keep ?? {}), handler);
  app.onError(tide.onError);
  /** Asks, and waits for what goes on after the answer. */
  const ask = async (init: RequestInit = {}, at = path): Promise<Response> => {
    const response = await app.request(at, init);
    await settled();
    return response;
  };
  return { tide, app, ask, settled, runtime, asked, lines };
}
