/** Variables of the circuit breaker; the opening rule itself is the gate's. */
import { boolean, integer, ratio } from "../schemas.ts";
import type { Table } from "../variable.ts";

export interface BreakerValues {
  readonly CIRCUIT_BREAKER_ENABLED: boolean;
  readonly CIRCUIT_BREAKER_FAILURE_THRESHOLD: number;
  readonly CIRCUIT_BREAKER_FAILURE_RATE: number;
  readonly CIRCUIT_BREAKER_WINDOW_SECONDS: number;
  readonly CIRCUIT_BREAKER_WINDOW_SIZE: number;
  readonly CIRCUIT_BREAKER_RECOVERY_TIMEOUT: number;
  readonly CIRCUIT_BREAKER_HALF_OPEN_PROBES: number;
  readonly CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: number;
  readonly CIRCUIT_BREAKER_SLOW_RATE: number;
  readonly CIRCUIT_BREAKER_SLOW_CALL_MS: number | null;
}

export const BREAKER: Table<BreakerValues> = {
  CIRCUIT_BREAKER_ENABLED: {
    group: "breaker",
    inCode: ["breaker.enabled", "boolean"],
    default: "true",
    description: "false: outcomes are counted and nothing opens; the lanes still bind",
    schema: boolean,
  },
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: {
    group: "breaker",
    inCode: ["breaker.failureThreshold", "number"],
    default: "5",
    description: "Fewest failures that open it",
    schema: integer("failures", 1, 1_000_000),
  },
  CIRCUIT_BREAKER_FAILURE_RATE: {
    group: "breaker",
    inCode: ["breaker.failureRate", "number"],
    default: "0.5",
    description: "Share of failed calls from which it opens, 0 to 1",
    schema: ratio,
  },
  CIRCUIT_BREAKER_WINDOW_SECONDS: {
    group: "breaker",
    inCode: ["breaker.windowSeconds", "number"],
    default: "30",
    description: "How far back calls count, in seconds",
    // The gate's ring has 300 entries of a second.
    schema: integer("seconds", 1, 300),
  },
  CIRCUIT_BREAKER_WINDOW_SIZE: {
    group: "breaker",
    inCode: ["breaker.windowCalls", "number"],
    default: "10",
    description: "Fewest calls in the window before a rate counts",
    schema: integer("calls", 1, 1_000_000),
  },
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: {
    group: "breaker",
    inCode: ["breaker.recoveryMs", "seconds"],
    default: "30",
    description: "How long it stays open the first time, in seconds",
    schema: integer("seconds", 1, 86_400),
  },
  CIRCUIT_BREAKER_HALF_OPEN_PROBES: {
    group: "breaker",
    inCode: ["breaker.probes", "number"],
    default: "1",
    description: "Probes in flight while half-open, for the whole fleet",
    // More is no probe but a flood at a database that is just coming back.
    schema: integer("probes", 1, 100),
  },
  CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: {
    group: "breaker",
    inCode: ["breaker.successesToClose", "number"],
    default: "2",
    description: "Successful probes that close it",
    schema: integer("successes", 1, 1_000),
  },
  CIRCUIT_BREAKER_SLOW_RATE: {
    group: "breaker",
    inCode: ["breaker.slowRate", "number"],
    default: "1.0",
    description: "Share of slow calls above which it opens, 0 to 1; 1.0 is off",
    schema: ratio,
  },
  CIRCUIT_BREAKER_SLOW_CALL_MS: {
    group: "breaker",
    inCode: ["breaker.slowMs", "number"],
    default: null,
    otherwise: "no call counts as slow",
    description: "From when on a call of the `request` lane is slow",
    schema: integer("milliseconds", 1, 86_400_000),
  },
};
