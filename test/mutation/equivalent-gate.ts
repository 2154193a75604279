/** Of `lib/gate`. */
import { type Equivalent, same } from "./equivalent-row.ts";

export const EQUIVALENT_IN_GATE: readonly Equivalent[] = [
  ...same(
    "lib/gate/allocation.ts",
    "const [holder] = gate.rich[lane].last(1);",
    "of two, the first is the richest, too",
    ["1", "2"],
  ),
  ...same(
    "lib/gate/allocation.ts",
    "const older = turn.config.pushes && (lease.hungrySince === 0 || other.hungrySince < lease.hungrySince);",
    "who gets more needs more, and so is hungry by then",
    ["lease.hungrySince === 0 || other.hungrySince < lease.hungrySince", "other.hungrySince < lease.hungrySince"],
    ["lease.hungrySince === 0", "(lease.hungrySince) !== (0)"],
  ),
  ...same(
    "lib/gate/backoff.ts",
    "for (let grown = 0; period < longest && grown < Math.min(core.failedRecoveries, MOST_BACKOFFS); grown++) {",
    "what is as long as it may be stays so; only the work has no bound then",
    [
      "period < longest && grown < Math.min(core.failedRecoveries, MOST_BACKOFFS)",
      "grown < Math.min(core.failedRecoveries, MOST_BACKOFFS)",
    ],
    ["period < longest", "(period) <= (longest)"],
  ),
  ...same(
    "lib/gate/breaker.ts",
    "if (core.pingsEndedAt > 0 && now - core.pingsEndedAt < PINGS_BELIED_MS) core.pingsTrusted = false;",
    "0 is the year 1970 to a store's clock",
    ["core.pingsEndedAt > 0 && now - core.pingsEndedAt < PINGS_BELIED_MS", "now - core.pingsEndedAt < PINGS_BELIED_MS"],
    ["core.pingsEndedAt > 0", "(core.pingsEndedAt) >= (0)"],
    ["0", "1"],
  ),
  ...same(
    "lib/gate/lanes.ts",
    'const grows = lane !== "health" && core.recoveredAt > 0 && core.state === "closed" && config.mode === "on";',
    "0 is the year 1970 to a store's clock: what has grown since is beyond any capacity",
    ['lane !== "health" && core.recoveredAt > 0', 'lane !== "health"'],
    ["core.recoveredAt > 0", "(core.recoveredAt) >= (0)"],
    ["0", "1"],
  ),
  ...same(
    "lib/gate/window.ts",
    "if (oldest - window.from > RING_SECONDS) Object.assign(window, { calls: 0, failures: 0, slow: 0 });",
    "where the whole ring was taken away, nothing is left",
    ["oldest - window.from > RING_SECONDS", "(oldest - window.from) >= (RING_SECONDS)"],
  ),
];
