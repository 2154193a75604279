/**
 * `GET /admin`: the operators' console. It reads without JavaScript; with it, it stays up to date, counts down and acts.
 *
 * Map of this folder: `console` (this file) decides who sees what; `login` is for who is nobody yet, `page` for
 * operators: `status`, `gates`, `kept`, `restarts` and `records` are what there is to see (`words` is how things are
 * said, `live` how they are kept up to date), `forms` what there is to do; `frame` and `style` are round it. `browser/`
 * runs in the page; `npm run generate` makes `script.generated` of it.
 */
import { type Context, Hono } from "hono";
import type { AuditRow } from "../../../recovery/audit/audit.ts";
import type { Runtime } from "../../../runtime.ts";
import type { Auth } from "../../auth/auth.ts";
import type { Readings } from "../admin/readings.ts";
import { SEEN_HEADER, seenOf } from "./live.ts";

export interface ConsoleOptions {
  readonly auth: Pick<Auth, "visitor">;
  readonly readings: Readings;
  /** The last records, newest first. @throws where the log does not answer. */
  readonly audit: (limit: number) => Promise<readonly AuditRow[]>;
  /** What this is the console of: application and environment. */
  readonly name: string;
  readonly runtime: Runtime;
}

const AUDIT_SHOWN = 20;

export function consoleRoutes({ auth, readings, audit, name, runtime }: ConsoleOptions): Hono {
  return new Hono().get("/admin", async (c: Context) => {
    const nonce = runtime.uuid();
    const visitor = await auth.visitor(c);
    // Loaded when somebody looks: a start that serves data need not read it.
    if (!visitor) return (await import("./login.ts")).loginPage(c, nonce, name);
    const [system, worker, records] = await Promise.all([
      readings.systemStatus(),
      readings.workerStatus(),
      audit(AUDIT_SHOWN).catch(() => null),
    ]);
    const { consolePage, lookAgain } = await import("./page.ts");
    const shown = { name, visitor, system, worker, records, nowMs: runtime.wallMs() };
    const seen = c.req.header(SEEN_HEADER);
    return seen === undefined ? consolePage(c, nonce, shown) : lookAgain(c, shown, seenOf(seen));
  });
}
