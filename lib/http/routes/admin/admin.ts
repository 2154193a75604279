/**
 * The admin function: what operators read, and what they may do.
 *
 * Map of this folder: a file for each address, named after it; `units` writes times.
 */

import type { MiddlewareHandler } from "hono";
import { type Context, Hono } from "hono";
import type { Config } from "../../../config/types.ts";
import type { GateView } from "../../../gate/replies.ts";
import type { LedgerView } from "../../../recovery/ledger/types.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { Runtime } from "../../../runtime.ts";
import type { IdentifiedEnv } from "../../auth/identity.ts";
import { success } from "../../envelope.ts";
import { ProblemError } from "../../problem.ts";
import { validate } from "../../validate.ts";
import { auditPage, auditQuery } from "./audit.ts";
import { breakerBody, type OperatedGate, overrideBreaker } from "./breaker.ts";
import { type Caller, restart, restartBody } from "./restart.ts";
import { type HealthParts, systemStatus } from "./system-status.ts";
import { wholeSeconds } from "./units.ts";
import { workerStatus } from "./worker-status.ts";

export interface AdminOptions {
  /** Lets admins pass, and nobody else. */
  readonly requireAdmin: MiddlewareHandler<IdentifiedEnv>;
  readonly recovery: Recovery;
  /** The health payload, and its resilience part by what the ledger says now. */
  readonly health: (
    view: LedgerView | null,
  ) => Promise<{ readonly payload: HealthParts; readonly resilience: HealthParts }>;
  /** By name; the main one is `main`. */
  readonly gates: () => ReadonlyMap<string, OperatedGate>;
  readonly clientAddress: (c: Context) => string | null;
  /** Of this process, where the platform has such. */
  readonly worker: { readonly pid: number; readonly startedAt: number } | null;
  readonly config: Config;
  readonly runtime: Runtime;
}

export function adminRoutes(options: AdminOptions): Hono<IdentifiedEnv> {
  const { recovery, config, runtime, worker } = options;

  const callerOf = (c: Context<IdentifiedEnv>): Caller => ({
    actor: c.get("identity").name,
    ip: options.clientAddress(c),
    userAgent: c.req.header("user-agent") ?? null,
    requestId: c.get("requestId"),
  });
  /** Null where the store does not say: what can be read without it is read. */
  const ledgerView = () =>
    recovery.ledger.send({ kind: "look" }).then(
      ({ view }) => view,
      () => null,
    );
  const gateView = async ([name, gate]: [string, OperatedGate]): Promise<readonly [string, GateView | null]> => [
    name,
    await Promise.resolve(gate.view()).catch(() => null),
  ];

  return new Hono<IdentifiedEnv>()
    .use("/admin/api/*", options.requireAdmin, noStore)
    .get("/admin/api/system-status", async (c) => {
      const view = await ledgerView();
      const { payload, resilience } = await options.health(view);
      const gates = await Promise.all([...options.gates()].map(gateView));
      const cooldownRemainingSeconds = wholeSeconds(view?.policy.cooldownRemainingMs ?? 0);
      return success(c, systemStatus({ health: payload, resilience, cooldownRemainingSeconds, gates, worker }));
    })
    .get("/admin/api/worker/status", async (c) => {
      const known = await ledgerView();
      const view = known && (await recovery.following.follow(known));
      const { payload, resilience } = await options.health(view);
      const runtimeContract = payload.runtime_contract;
      return success(c, workerStatus({ config, recovery, view, resilience, runtimeContract, worker }));
    })
    .post("/admin/api/worker/restart", validate("json", restartBody), (c) =>
      restart(c, recovery, c.req.valid("json"), callerOf(c)),
    )
    .post("/admin/api/breaker", validate("json", breakerBody), async (c) => {
      const body = c.req.valid("json");
      const gate = options.gates().get(body.gate);
      if (!gate) throw new ProblemError("NOT_FOUND", `There is no gate of that name in this instance: ${body.gate}.`);
      return success(c, await overrideBreaker(gate, body, callerOf(c), runtime.uuid(), recovery));
    })
    .get("/admin/api/audit", validate("query", auditQuery), async (c) =>
      success(c, await auditPage(recovery.audit, c.req.valid("query"))),
    );
}

const noStore: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("Cache-Control", "no-store");
};
