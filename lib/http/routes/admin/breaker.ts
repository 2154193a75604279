/** `POST /admin/api/breaker`: an operator's word to a gate, written down before it is in force. */
import * as v from "valibot";
import type { Overridden } from "../../../contract/system.ts";
import type { GateView, Operate, OperateReply } from "../../../gate/renewal.ts";
import { OPERATE_MODES } from "../../../gate/types.ts";
import { LONGEST_OVERRIDE_MS } from "../../../gate/validate.ts";
import { GATE_NAME, MAIN_GATE } from "../../../guard/names.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { MaybePromise } from "../../../store/port.ts";
import { ProblemError } from "../../problem.ts";
import { jsonObject } from "./body.ts";
import type { Caller } from "./restart.ts";
import { forcedOf } from "./system-status.ts";
import { spoken, type WordEntry, wordEntry, wordReason } from "./word.ts";

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
    reason: wordReason,
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
  recovery: Pick<Recovery, "audit" | "ledger">,
): Promise<Overridden> {
  const { mode, reason, ttl_seconds: ttlSeconds, expected_version: expectedVersion = null } = body;
  if (mode !== "auto" && mode !== "reset" && ttlSeconds === undefined) {
    throw new ProblemError("VALIDATION_ERROR", "ttl_seconds: how long it holds; only auto and reset need none");
  }
  const word = { action: "breaker.override", decision: mode, subject: body.gate, reason };
  const entry = { ...wordEntry(word, caller), override_reason: reason };
  if (expectedVersion !== null) await refuseStale(gate, expectedVersion, entry, caller, recovery);
  const ttlMs = (ttlSeconds ?? 1) * 1_000;
  const reply = await spoken<OperateReply>(
    {
      entry,
      outcomeAction: "breaker.outcome",
      outcomeOf: (made) => (made.kind === "operated" ? "in force" : `unchanged: ${made.reason}`),
      speak: () => gate.operate({ opId, mode, ttlMs, expectedVersion, actor: caller.actor, reason }),
      undone: "The breaker was left as it is",
    },
    recovery.audit,
  );
  if (reply.kind === "unchanged" && reply.reason === "stale") throw stale(reply.overrideVersion);
  return { gate: body.gate, override_version: reply.overrideVersion, forced: forcedOf(await gate.view()) };
}

/**
 * Who goes on trying with an old version would fill the audit with what never was: known beforehand, it is counted, and
 * told of in sums.
 */
async function refuseStale(
  gate: OperatedGate,
  expectedVersion: number,
  entry: WordEntry,
  { actor, login, ip }: Caller,
  { audit, ledger }: Pick<Recovery, "audit" | "ledger">,
): Promise<void> {
  const view = await Promise.resolve(gate.view()).catch(() => null);
  if (!view || view.overrideVersion === expectedVersion) return;
  const attempt = { action: entry.action, actor, login, ip, because: "stale_version" };
  const counted = await ledger.send({ kind: "refuse", attempt }).catch(() => null);
  if (counted?.result.kind === "counted" && counted.result.isNews) {
    await audit.write({ ...entry, outcome: "refused", decision: "stale_version" }).catch(() => {});
  }
  throw stale(view.overrideVersion);
}

function stale(overrideVersion: number): ProblemError {
  const message = `expected_version: somebody else has spoken since, the override_version is ${overrideVersion} now`;
  const details = { override_version: overrideVersion };
  return new ProblemError("VALIDATION_ERROR", message, { reason: "stale_version", details });
}
