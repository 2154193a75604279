/** What the plain telling of a gate keeps in its lists. */
import type { Lane } from "../../../lib/gate/types.ts";
import type { Holding } from "./reference-breaker.ts";

export interface Permit extends Holding {
  readonly id: string;
  readonly session: string;
  readonly grantedAt: number;
  readonly expiresAt: number;
  readonly deadlineMs: number;
}

export interface Ticket {
  readonly id: string;
  readonly session: string;
  readonly lane: Lane;
  readonly deadlineMs: number;
  goneAt: number;
}

export interface Session {
  readonly id: string;
  doneBelow: number;
  heard: number;
  named: boolean;
}
