/** `tidegate restart`: asks for a restart, and follows it to its end. */
import type { Restarted } from "../../contract/restarts.ts";
import type { RestartBody } from "../../http/routes/admin/restart.ts";
import { seconds } from "../arguments.ts";
import { type Command, CommandError, EXIT, type Finding, type Given, wrongUsage } from "../command.ts";
import { type Followed, follow } from "../follow.ts";
import { after, type Remedies } from "../refusals.ts";
import { SERVER_OPTIONS, type Server, serverOf } from "../server.ts";
import { columns, duration } from "../text.ts";

const DEFAULT_WAIT_SECONDS = 300;
const LONGEST_WAIT_SECONDS = 3_600;

export const restart: Command = {
  name: "restart",
  words: "",
  mostWords: 0,
  summary: "Restarts what the application's RESTART_HOOK restarts, and waits for the outcome.",
  findingMeans: "refused, failed, or not known to have ended well",
  options: {
    reason: { value: "TEXT", help: "why, for the audit; needed" },
    override: { help: "also during the cooldown, and where restarts are blocked; needs --acknowledge" },
    acknowledge: { help: "yes, the policy says no, and it is to happen all the same" },
    target: { value: "NAME", help: "one of the hook's targets, where it has several" },
    wait: { value: "TIME", help: "longest wait for the outcome; default 5m" },
    "no-wait": { help: "end as soon as the platform has been told" },
    key: {
      value: "TEXT",
      help: "Idempotency-Key: with the one of an earlier request, that one's answer; default: a new one",
    },
    ...SERVER_OPTIONS,
  },
  more: [
    "A database that is away is not mended by a restart: tidegate status says what would help.",
    'Example:  tidegate restart --reason "permits are stuck since 10:40"',
  ],
  run: async (given, world) => {
    const body = bodyOf(given);
    const waitMs = (seconds(given, "wait", LONGEST_WAIT_SECONDS) ?? DEFAULT_WAIT_SECONDS) * 1_000;
    const server = serverOf(given, world);
    const key = given.text("key") ?? world.runtime.uuid();
    const accepted = await asked(server, body, key);
    if (given.has("no-wait")) return findingOf(accepted, null);
    world.note(`${accepted.platform.hook} was told to restart; waiting for the outcome, ${duration(waitMs)} at most …`);
    return findingOf(accepted, await follow(server, accepted, waitMs, world.runtime));
  },
};

function bodyOf(given: Given): RestartBody {
  const reason = given.text("reason");
  if (reason === undefined) {
    throw wrongUsage("tidegate restart: a reason is needed.", 'Say why, for the audit: --reason "permits are stuck".');
  }
  const target = given.text("target");
  const [override, acknowledged] = [given.has("override"), given.has("acknowledge")];
  if (override && !acknowledged) {
    throw wrongUsage(
      "--override restarts although the policy says no: the last restart is recent, or restarts have not helped so far.",
      "If that is what you want, say so with --acknowledge. Nothing was done.",
    );
  }
  if (acknowledged && !override) throw wrongUsage("--acknowledge goes with --override.", "Leave it out.");
  return {
    reason,
    ...(target !== undefined && { target }),
    ...(override && { manual_override: true, override_acknowledged: true, override_reason: reason }),
  };
}

async function asked(server: Server, body: RestartBody, key: string): Promise<Restarted> {
  const headers = { "idempotency-key": key };
  try {
    return await server.post<Restarted>("/admin/api/worker/restart", body, { headers, remedies: REMEDIES });
  } catch (error) {
    if (!(error instanceof CommandError) || error.exit !== EXIT.unreachable) throw error;
    // It may have been heard, and a second one would be a second restart.
    throw new CommandError(
      error.exit,
      error.message,
      `${error.remedy} If it was sent, --key ${key} does not restart twice.`,
    );
  }
}

const OVERRIDE = "restart all the same with --override --acknowledge, which the audit keeps";

const REMEDIES: Remedies = {
  // Failed logins have this code too.
  TOO_MANY_REQUESTS: (refusal) => (refusal.reason === "cooldown" ? `Wait until then, or ${OVERRIDE}.` : undefined),
  RESTART_POLICY_BLOCKED: () => `Find out why (tidegate status, tidegate audit), or ${OVERRIDE}.`,
  RESTART_IN_PROGRESS: () => "See what becomes of it with tidegate status, and ask again if it is still needed.",
  RESTART_FAILED: () => "tidegate doctor, in the application's environment, tries the hook without restarting.",
  IDEMPOTENCY_KEY_REUSED: () => "Leave --key out: it belongs to a request with another reason or target.",
  SERVICE_UNAVAILABLE: (refusal) =>
    `Nothing was done. Ask again in ${after(refusal)}; while the store is away, restart with the platform's own means.`,
};

/** @param followed Null where nobody waited. */
export function findingOf(accepted: Restarted, followed: Followed | null): Finding {
  const verdict = followed === null ? "accepted" : verdictOf(followed);
  const isFine = verdict === "accepted" || verdict === "succeeded";
  const { url, status } = followed?.row?.deployment ?? {};
  return {
    exit: isFine ? EXIT.fine : EXIT.finding,
    json: { verdict, restart: accepted, outcome: followed?.row ?? null },
    text: (paint) => [
      `${paint(isFine ? "good" : verdict === "unfinished" ? "warn" : "bad", verdict)}: ${SENTENCES[verdict]}`,
      ...columns([
        ["restart", `${accepted.restart_id} by ${accepted.requested_by}, ${accepted.decision.decision}`],
        ...(status ? [[accepted.platform.hook, status]] : []),
        ...(url ? [["", url]] : []),
        ...(followed ? [["took", duration(followed.tookMs)]] : []),
      ]),
    ],
  };
}

type Verdict = "accepted" | "succeeded" | "failed" | "abandoned" | "unknown" | "unfinished";

function verdictOf({ row, ended }: Followed): Verdict {
  if (!row || !ended) return "unfinished";
  if (row.decision === "failed" || row.decision === "abandoned" || row.decision === "unknown") return row.decision;
  return "succeeded";
}

const SENTENCES: Readonly<Record<Verdict, string>> = {
  accepted: "the platform has been told; tidegate status says what becomes of it.",
  succeeded: "it has been restarted.",
  failed: "it was not restarted; the old instances serve on, if they can. The audit has the reason.",
  abandoned: "it was given up before anything was restarted.",
  unknown: "the platform was asked, and nobody knows what it did: look there before asking again.",
  unfinished: "it had not ended when the wait was over; tidegate status says how it goes on.",
};
