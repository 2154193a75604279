/** `tidegate status`: the whole system in a screen, as its operators ask for it first. */
import type { WorkerStatus } from "../../contract/restarts.ts";
import type { GatePart, SystemStatus } from "../../contract/system.ts";
import { type Command, EXIT, type Finding, type Paint } from "../command.ts";
import { breakerRows } from "../gate-rows.ts";
import { SERVER_OPTIONS, serverOf } from "../server.ts";
import { columns, percent } from "../text.ts";
import { VERDICT_TONES, verdictOf } from "../verdict.ts";

export const status: Command = {
  name: "status",
  words: "",
  mostWords: 0,
  summary: "Shows database, store, breaker, pool, restarts and instances, and what to do.",
  findingMeans: "degraded, or unhealthy",
  options: SERVER_OPTIONS,
  more: ["Example:  TIDEGATE_TOKEN=… tidegate status --url https://fab.example"],
  run: async (given, world) => {
    const server = serverOf(given, world);
    const [system, worker] = await Promise.all([
      server.get<SystemStatus>("/admin/api/system-status"),
      server.get<WorkerStatus>("/admin/api/worker/status"),
    ]);
    return findingOf(system, worker);
  },
};

export function findingOf(system: SystemStatus, worker: WorkerStatus): Finding {
  const { degraded_reason: reason } = system.runtime_resilience;
  const verdict = verdictOf(reason);
  return {
    exit: verdict === "healthy" ? EXIT.fine : EXIT.finding,
    json: { verdict, system_status: system, worker_status: worker },
    text: (paint) => [
      `${paint(VERDICT_TONES[verdict], verdict)}${reason === null ? "" : ` (${reason})`}`,
      ...columns(
        [
          ...ageRows(system),
          ...systemRows(system, paint),
          ...Object.entries(system.gates).flatMap(([name, gate]) => gateRows(name, gate, paint)),
          ...restartRows(worker),
          ...instanceRows(system),
          ...adviceRows(system),
        ],
        2,
      ),
    ],
  };
}

/** Verdict and advice are the memo's: an override that has just been said is in the other rows, and not yet in these. */
function ageRows({ computed_at: asOf }: { readonly computed_at?: string }): string[][] {
  // Another version of the application may not say it.
  return asOf === undefined ? [] : [["as of", `${asOf}; breaker, lanes and restarts are of now`]];
}

const service = (paint: Paint, word: string): string => paint(word === "ok" ? "good" : "bad", word);

function systemRows({ database, state_store: store, runtime_resilience: resilience }: SystemStatus, paint: Paint) {
  const pool = resilience.pool_state;
  const error = database.error === null ? "" : `: ${database.error}`;
  return [
    ["database", service(paint, database.status) + error],
    ["state store", `${service(paint, store.status)} (${store.kind})`],
    ["pool", `${percent(pool.saturation)} in use, ${pool.waiting} waiting`],
  ];
}

/** The main one is nearly always the only one. */
function gateRows(name: string, gate: GatePart | null, paint: Paint): string[][] {
  const lanes = Object.entries(gate?.lanes ?? {}).map(
    ([lane, { held, capacity, waiting }]) =>
      `${lane} ${held} of ${capacity}${waiting > 0 ? ` (${waiting} waiting)` : ""}`,
  );
  return [
    ...breakerRows(name === "main" ? "breaker" : `gate ${name}`, gate, paint),
    ...(lanes.length > 0 ? [["lanes", lanes.join(", ")]] : []),
  ];
}

/** Where the policy's word alone would not be so. */
const REFUSED: Readonly<Record<string, string>> = {
  state_store: "unknown",
  in_progress: "under way",
  audit: "refused",
};

function restartRows(worker: WorkerStatus): string[][] {
  const { platform, cooldown, resilience, restart_history: history } = worker;
  // Another version of the application may not say it.
  const next: WorkerStatus["next_restart"] | undefined = worker.next_restart;
  const policy = resilience.policy_state;
  const word = REFUSED[next?.refused_by ?? ""];
  const last = history.at(-1);
  const targets = platform.targets.length > 0 ? `, targets ${platform.targets.join(", ")}` : "";
  const spent = policy.attempts_in_window;
  const budget = spent !== null ? `, ${spent} of ${policy.retry_budget} in ${policy.window_seconds} s` : "";
  const blocked = policy.blocked_by ? ` by ${policy.blocked_by}` : "";
  const left = cooldown.active ? `, ${cooldown.remaining_seconds} s of cooldown left` : "";
  return [
    ["restarts", `${word ?? `${policy.state}${blocked}${left}`}${budget} (${platform.hook}${targets})`],
    ...(next && (next.refused_by !== null || !next.helps) ? [["", next.message]] : []),
    ...(last ? [["", `last ${last.requested_at} by ${last.requested_by}: ${last.decision}`]] : []),
    ...(last?.failure ? [["", last.failure]] : []),
  ];
}

function instanceRows({ instances }: SystemStatus): string[][] {
  const kinds = new Map<string, number>();
  for (const { runtime, version } of instances) {
    const kind = `${runtime} ${version}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [["instances", [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(", ") || "none heard"]];
}

function adviceRows({ runtime_resilience: { recovery_recommendation: advice } }: SystemStatus): string[][] {
  return [["advice", `${advice.action}: ${advice.message}`]];
}
