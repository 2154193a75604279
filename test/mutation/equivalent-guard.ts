/** Of `lib/guard`. */
import { type Equivalent, same } from "./equivalent-row.ts";

export const EQUIVALENT_IN_GUARD: readonly Equivalent[] = [
  ...same(
    "lib/guard/gate-client/door.ts",
    "if (!as || !heard || !leasedAt) return null;",
    "what may start has a lease, and so was heard of; the types do not know",
    ["!as || !heard || !leasedAt", "!as || !heard"],
    ["!as || !heard", "!as"],
  ),
  ...same(
    "lib/guard/gate-client/exchange.ts",
    "readonly isQuiet = (): boolean => this.attached() && !this.#flight && !this.#soon && this.#asked.length === 0;",
    "while the gate answers, what is asked is in flight, or waits for what is",
    [
      "this.attached() && !this.#flight && !this.#soon && this.#asked.length === 0",
      "this.attached() && !this.#flight && !this.#soon",
    ],
  ),
  ...same("lib/guard/gate-client/exchange.ts", "#again = false;", "every renewal that is sent begins with it", [
    "false",
    "true",
  ]),
  ...same(
    "lib/guard/gate-client/exchange.ts",
    "if (!this.#closing && !this.#closed) this.#tryAgain(() => this.#attempt(own));",
    "whoever closes takes down the timer of that in the same turn",
    ["!this.#closing && !this.#closed", "!this.#closed"],
    ["!this.#closing && !this.#closed", "!this.#closing"],
  ),
  ...same(
    "lib/guard/gate-client/line.ts",
    "const impatient = { request: 0, slow: 0, health: 0 };",
    "where nobody is impatient, nobody is found who is; it only takes a look",
    ["0", "1"],
  ),
  ...same(
    "lib/guard/gate-client/line.ts",
    "if (toldIn !== null) impatient[lane] += 1;",
    "where nobody is impatient, nobody is found who is; it only takes a look",
    ["toldIn !== null", "true"],
  ),
  ...same(
    "lib/guard/gate-client/local-gate.ts",
    "if (events.length > 0) announce(events);",
    "of nothing, nothing is announced",
    ["events.length > 0", "true"],
    ["events.length > 0", "(events.length) >= (0)"],
  ),
  ...same(
    "lib/guard/gate-client/local-gate.ts",
    "const n = Math.max(rules.gate.expectedInstances, seen?.n ?? 1);",
    "at least one is expected",
    ["1", "0"],
  ),
  ...same(
    "lib/guard/gate-client/local-gate.ts",
    "const rank = seen ? Math.min(seen.rank, n - 1) : n - 1;",
    "behind the last place there is as little as at it",
    ["1", "0"],
    ["n - 1", "(n) + (1)"],
  ),
  ...same(
    "lib/guard/gate-client/local-gate.ts",
    "const ruleMs = Math.floor((shared.override?.remainingMs ?? 0) - sinceMs);",
    "without an override, what would be left of it is of no account",
    ["0", "1"],
  ),
  ...same(
    "lib/guard/gate-client/pulse.ts",
    "if (stopped || !isNeeded()) return;",
    "who stops takes down the timer of it",
    ["stopped || !isNeeded()", "!isNeeded()"],
  ),
  ...same(
    "lib/guard/judge.ts",
    "return Number.isNaN(at) ? Number.NaN : Math.max(0, at - now);",
    "what is no number stays none",
    ["Number.isNaN(at)", "false"],
  ),
];
