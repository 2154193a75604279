/** What the code has a name for and pages tell of: log events, figures, codes, settings, commands. */
import type { Command } from "../../lib/cli/command.ts";
import { audit } from "../../lib/cli/commands/audit.ts";
import { breaker } from "../../lib/cli/commands/breaker.ts";
import { doctor } from "../../lib/cli/commands/doctor.ts";
import { kept } from "../../lib/cli/commands/kept.ts";
import { probe } from "../../lib/cli/commands/probe.ts";
import { restart } from "../../lib/cli/commands/restart.ts";
import { status } from "../../lib/cli/commands/status.ts";
import { top } from "../../lib/cli/commands/top.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { CODES } from "../../lib/contract/codes.ts";
import { METRIC_NAMES, type MetricName } from "../../lib/metrics/catalogue.ts";
import { BUCKETS } from "../../lib/metrics/catalogue-process.ts";
import { allFiles, blank, read } from "./sources.ts";

const code = allFiles()
  .filter((path) => /^(lib|functions|infra|test)\/.*\.(ts|mjs|lua)$/.test(path) && !path.endsWith(".generated.ts"))
  .map((path) => ({ path, text: blank(read(path), false) }));

/** What logs: the library but for the table of events itself, and the demo's entries. */
const logging = code.filter(({ path }) => /^(?:lib|functions)\//.test(path) && !path.startsWith("lib/log/events"));

/** Of each `log.warn("thing.happened"`, whatever the log is called and what type it has: `warn thing.happened`. */
export const logged: ReadonlySet<string> = new Set(
  logging.flatMap(({ text }) =>
    [...text.matchAll(/\.(debug|info|warn|error)\(\s*"([a-z]+\.[a-z_]+)"/g)].map(
      ([, level, name]) => `${level} ${name}`,
    ),
  ),
);

/** Whether what logs has this text, in quotes. */
export const isQuoted = (name: string): boolean => logging.some(({ text }) => text.includes(`"${name}"`));

/** Every metric, by its whole name; of a histogram those of its samples too. */
export function metricNames(): ReadonlySet<string> {
  const suffixes = (name: MetricName) => (name in BUCKETS ? ["", "_bucket", "_sum", "_count"] : [""]);
  return new Set(METRIC_NAMES.flatMap((name) => suffixes(name).map((suffix) => name + suffix)));
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
  const list: readonly Command[] = [status, top, restart, breaker, kept, audit, doctor, probe];
  return new Map(list.map(({ name, options }) => [name, new Set([...Object.keys(options), "json", "help"])]));
}
