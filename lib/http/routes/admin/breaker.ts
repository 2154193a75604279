/** `POST /admin/api/breaker`: an operator's word to a gate, written down before it is in force. */
import * as v from "valibot";
import type { Overridden } from "../../../contract/system.ts";
import type { GateView, Operate, OperateReply } from "../../../gate/renewal.ts";
import { OPERATE_MODES } from "../../../gate/types.ts";
import { LONGEST_OVERRIDE_MS } from "../../../gate/validate.ts";
import { GATE_NAME, MAIN_GATE } from "../../../guard/names.ts";
import type { AuditEntry } from "../../../recovery/audit/record.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { MaybePromise } from "../../../store/port.ts";
import { ProblemError } from "../../problem.ts";
import { jsonObject } from "./body.ts";
import type { Caller } from "./restart.ts";
import { forcedOf } from "./system-status.ts";

const LONGEST_TTL_SECONDS = LONGEST_OVERRIDE_MS / 1_000;
/** All of a gate's numbers are below 10^14. */
const LARGEST_VERSION = 1e14 - 1;

export interface BreakerBody {
  readonly gate: string;
  readonly mode: Operate["mode"];
  readonly ttl_seconds?: number | undefined;
  readonly reason: string;
  /** The gate's `override_version` that the decision was made upon. */
  readonly expected_version?: number | undefined;
}

export const breakerBody: v.GenericSchema<unknown, BreakerBody> = jsonObject(
  v.strictObject({
    gate: v.optional(v.pipe(v.string("a gate's name"), v.regex(GATE_NAME, "a gate's name")), MAIN_GATE),
    mode: v.picklist(OPERATE_MODES, "force_open, force_closed, observe, auto or reset"),
    ttl_seconds: v.optional(
      v.pipe(
        v.number("a number of seconds"),
        v.integer("whole seconds"),
        v.minValue(1, "at least 1 second"),
        v.maxValue(LONGEST_TTL_SECONDS, `at most ${LONGEST_TTL_SECONDS} seconds`),
      ),
    ),
    reason: v.pipe(
      v.string("a text"),
      v.trim(),
      v.nonEmpty("why, in words"),
      v.maxLength(500, "at most 500 characters"),
    ),
    expected_version: v.optional(
      v.pipe(
        v.number("a version"),
        v.integer("a version"),
        v.minValue(0, "a version"),
        v.maxValue(LARGEST_VERSION, "a version"),
      ),
    ),
  }),
);

/** A gate, as its operators reach it. */
export interface OperatedGate {
  view(): MaybePromise<GateView>;
  operate(command: Omit<Operate, "kind">): MaybePromise<OperateReply>;
}

export async function overrideBreaker(
  gate: OperatedGate,
  body: BreakerBody,
  caller: Caller,
  opId: string,
  { audit }: Recovery,
): Promise<Overridden> {
  const { mode, reason, ttl_seconds: ttlSeconds, expected_version: expectedVersion = null } = body;
  if (mode !== "auto" && mode !== "reset" && ttlSeconds === undefined) {
    throw new ProblemError("VALIDATION_ERROR", "ttl_seconds: how long it holds; only auto and reset need none");
  }
  const entry: Omit<AuditEntry, "outcome"> = {
    action: "breaker.override",
    actor: caller.actor,
    source: "manual",
    ip: caller.ip,
    user_agent: caller.userAgent,
    request_id: caller.requestId,
    decision: mode,
    policy_state: null,
    override_reason: reason,
    subject: body.gate,
    reason,
  };
  await audit.write({ ...entry, outcome: "pending" }).catch((error: unknown) => {
    throw unavailable("it cannot be written to the audit", error);
  });
  const ttlMs = (ttlSeconds ?? 1) * 1_000;
  const reply = await Promise.resolve(
    gate.operate({ opId, mode, ttlMs, expectedVersion, actor: caller.actor, reason }),
  ).catch((error: unknown) => {
    throw unavailable("the state store does not answer", error);
  });
  const outcome = reply.kind === "operated" ? "in force" : `unchanged: ${reply.reason}`;
  // It is in force or it is not: what is left to write down changes nothing about that.
  await audit.write({ ...entry, action: "breaker.outcome", outcome }).catch(() => {});
  if (reply.kind === "unchanged" && reply.reason === "stale") {
    const { overrideVersion } = reply;
    const message = `expected_version: somebody else has spoken since, the override_version is ${overrideVersion} now`;
    const details = { override_version: overrideVersion };
    throw new ProblemError("VALIDATION_ERROR", message, { reason: "stale_version", details });
  }
  return { gate: body.gate, override_version: reply.overrideVersion, forced: forcedOf(await gate.view()) };
}

function unavailable(why: string, cause: unknown): ProblemError {
  return Object.assign(new ProblemError("SERVICE_UNAVAILABLE", `The breaker was left as it is: ${why}.`), { cause });
}
