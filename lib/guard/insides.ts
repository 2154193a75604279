/**
 * What facades of drivers need of an instance of Tidegate beyond what its users hold. An application hands them the
 * instance; what is in it they find here.
 */
import type { AttachedDatabase } from "../database/absent.ts";
import type { Lane } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Tracing } from "../telemetry/port.ts";
import type { Guard } from "./guard.ts";

export type { AttachedDatabase } from "../database/absent.ts";

export interface Insides {
  /** Of the main gate. */
  readonly guard: Guard;
  readonly runtime: Runtime;
  readonly log: EventLog;
  /** Where something began is worth noting: in development. */
  readonly notesPlace: boolean;
  /** Says in an error of the database what its vendor said, in development; null elsewhere. */
  readonly explain: ((error: unknown) => void) | null;
  /** Health asks it, where Tidegate was given no database. The last one counts. */
  attach(database: AttachedDatabase): void;
  /** Takes down how long a statement took, in milliseconds, and how it ended, for the figures of statements. */
  recorded(ms: number, lane: Lane, outcome: "success" | "failure"): void;
  /** Whose traces have a span for each statement; null: nobody's. */
  readonly tracing: Tracing | null;
}

const INSIDES = new WeakMap<object, Insides>();

export const noteInsides = (tide: object, insides: Insides): void => void INSIDES.set(tide, insides);

/** @throws TypeError for what `tidegate()` has not made. */
export function insidesOf(tide: unknown, what: string): Insides {
  const insides = typeof tide === "object" && tide !== null ? INSIDES.get(tide) : undefined;
  if (insides) return insides;
  throw new TypeError(`${what}: what tidegate() returns is needed first, was ${tide === null ? "null" : typeof tide}`);
}
