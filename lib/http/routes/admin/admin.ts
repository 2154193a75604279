/**
 * The admin function: what operators read, and what they may do.
 *
 * Map of this folder: a file for each address, named after it; `readings` gathers what is read, `body` checks what is sent,
 * `word` writes down what an operator says before it is in force.
 */
import type { MiddlewareHandler } from "hono";
import { type Context, Hono } from "hono";
import type { Gates } from "../../../guard/gates.ts";
import type { Kept } from "../../../kept/kept.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { Runtime } from "../../../runtime.ts";
import { type IdentifiedEnv, loginOf } from "../../auth/identity.ts";
import { success } from "../../envelope.ts";
import { ProblemError } from "../../problem.ts";
import { validate } from "../../validate.ts";
import { auditPage, auditQuery } from "./audit.ts";
import { breakerBody, overrideBreaker } from "./breaker.ts";
import { forget, forgetBody } from "./kept.ts";
import type { Readings } from "./readings.ts";
import { type Caller, restart, restartBody } from "./restart.ts";

export interface AdminOptions {
  /** Lets admins pass, and nobody else. */
  readonly requireAdmin: MiddlewareHandler<IdentifiedEnv>;
  readonly readings: Readings;
  readonly recovery: Recovery;
  readonly gates: Pick<Gates, "has" | "of">;
  readonly kept: Pick<Kept, "forget">;
  readonly clientAddress: (c: Context) => string | null;
  readonly runtime: Runtime;
}

export function adminRoutes(options: AdminOptions): Hono<IdentifiedEnv> {
  const { readings, recovery, runtime } = options;

  const callerOf = (c: Context<IdentifiedEnv>): Caller => ({
    actor: c.get("identity").name,
    login: loginOf(c.get("identity")),
    ip: options.clientAddress(c),
    userAgent: c.req.header("user-agent") ?? null,
    requestId: c.get("requestId"),
  });

  return new Hono<IdentifiedEnv>()
    .use("/admin/api/*", options.requireAdmin, noStore)
    .get("/admin/api/system-status", async (c) => success(c, await readings.systemStatus()))
    .get("/admin/api/worker/status", async (c) => success(c, await readings.workerStatus()))
    .post("/admin/api/worker/restart", validate("json", restartBody), (c) =>
      restart(c, recovery, c.req.valid("json"), callerOf(c)),
    )
    .post("/admin/api/breaker", validate("json", breakerBody), async (c) => {
      const body = c.req.valid("json");
      if (!options.gates.has(body.gate)) {
        throw new ProblemError("NOT_FOUND", `There is no gate of that name in this instance: ${body.gate}.`);
      }
      return success(
        c,
        await overrideBreaker(options.gates.of(body.gate), body, callerOf(c), runtime.uuid(), recovery),
      );
    })
    .post("/admin/api/kept/forget", validate("json", forgetBody), async (c) =>
      success(c, await forget(options.kept, c.req.valid("json"), callerOf(c), recovery.audit)),
    )
    .get("/admin/api/audit", validate("query", auditQuery), async (c) =>
      success(c, await auditPage(recovery.audit, c.req.valid("query"))),
    );
}

const noStore: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("Cache-Control", "no-store");
};
