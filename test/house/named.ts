/** What the code has a name for and pages tell of: log events, figures, codes, settings, commands. */
import type { Command } from "../../lib/cli/command.ts";
import { audit } from "../../lib/cli/commands/audit.ts";
import { breaker } from "../../lib/cli/commands/breaker.ts";
import { doctor } from "../../lib/cli/commands/doctor.ts";
import { probe } from "../../lib/cli/commands/probe.ts";
import { restart } from "../../lib/cli/commands/restart.ts";
import { status } from "../../lib/cli/commands/status.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { CODES } from "../../lib/contract/codes.ts";
import { BREAKER_STATES } from "../../lib/gate/types.ts";
import { gateCounts, gateMetrics } from "../../lib/metrics/gate-metrics.ts";
import { processMetrics, serviceMetrics } from "../../lib/metrics/service-metrics.ts";
import { allFiles, blank, read } from "./sources.ts";

const code = allFiles()
  .filter((path) => /^(lib|functions|infra|test)\/.*\.(ts|mjs|lua)$/.test(path) && !path.endsWith(".generated.ts"))
  .map((path) => ({ path, text: blank(read(path), false) }));

/** `log.warn("thing.happened"`, whatever the log is called; a Log's own lines; what is said once. */
const LOGGED =
  /\.(?:debug|info|warn|error)\(\s*"([a-z]+\.[a-z_]+)"|\bevent: "([a-z]+\.[a-z_]+)"|\bonce\(\s*"([a-z]+\.[a-z_]+)"/g;

/** Every event that the library logs. */
export function logEvents(): ReadonlySet<string> {
  const ours = code.filter(({ path }) => path.startsWith("lib/"));
  const written = ours.flatMap(({ text }) =>
    [...text.matchAll(LOGGED)].map(([, ...names]) => names.find(Boolean) ?? ""),
  );
  // The one that is put together: `breaker.${to}`.
  return new Set([...written, ...BREAKER_STATES.map((state) => `breaker.${state}`)]);
}

/** Every metric, by its whole name. */
export function metricNames(): ReadonlySet<string> {
  const pool = { size: 0, checkedIn: 0, checkedOut: 0, overflow: 0, maxCapacity: 0, waiting: 0 };
  const queries = { count: 0, slowCount: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowMs: 0, windowMs: 0 };
  const families = [
    ...gateMetrics({ shown: [], others: [] }),
    ...gateCounts([]),
    ...serviceMetrics(
      { status: "healthy", database: "ok", stateStore: "ok", ageMs: 0 },
      { countInWindow: 0, cooldownRemainingMs: 0, blocked: false, churnExceeded: false },
    ),
    ...processMetrics(1, pool, queries),
  ];
  return new Set(families.map(({ name }) => name));
}

export const statusOf: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(CODES).map(([name, { status }]) => [name, status]),
);

export const settings: ReadonlySet<string> = new Set(VARIABLE_LIST.map(([name]) => name));

/** `NAMES_LIKE_THIS` of the code, without its comments. */
export const constants: ReadonlySet<string> = new Set(
  code.flatMap(({ text }) => text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []),
);

/** Commands of `tidegate` by name, with the options that each knows. */
export function commands(): ReadonlyMap<string, ReadonlySet<string>> {
  const list: readonly Command[] = [status, restart, breaker, audit, doctor, probe];
  return new Map(list.map(({ name, options }) => [name, new Set([...Object.keys(options), "json", "help"])]));
}
