/**
 * Opening one connection to an Oracle, and ending it. Connections of our own instead of the driver's pool: that pool
 * opens in the background (about 2,000 attempts a second at a refusing listener, with `poolMin` above 0), does not
 * count what it is opening, keeps a line of its own, and gives no way to end what hangs.
 */
import type { Runtime } from "../../runtime.ts";
import { databaseError } from "../failure.ts";
import type { DatabaseSettings } from "../port.ts";
import type { StopPlan } from "../stop.ts";
import { within } from "../within.ts";
import type { OracleAddress } from "./address.ts";
import { toOracleError } from "./errors.ts";
import type { Dial, Dialled, Session } from "./session.ts";

/** What the server has to answer a goodbye; then the socket is closed without it. */
const GOODBYE_MS = 1_000;

export interface ConnectionPlan {
  readonly target: OracleAddress;
  readonly settings: DatabaseSettings;
  /** What a statement has, after it was told to stop, before its connection is destroyed. */
  readonly graceMs: number;
  readonly runtime: Runtime;
  /** Aborted when the database is closed and the grace of that is over. */
  readonly closing: AbortSignal;
  readonly dial: Dial;
}

/** One open connection. */
export interface Opened {
  readonly session: Session;
  /** Ends it at once, whatever runs on it. */
  cut(): void;
  /** Takes leave of the server, which must not be running a statement of it; ends it at the latest after a second. */
  leave(): Promise<void>;
}

/** @throws DatabaseError when no connection is there, logged on, by the connect timeout. */
export async function openClient(plan: ConnectionPlan): Promise<Opened> {
  const { runtime, settings, closing } = plan;
  const by = runtime.monotonicMs() + settings.connectTimeoutMs;
  const { user, password, connectString } = plan.target;
  let dialled: Dialled | undefined;
  try {
    dialled = await plan.dial({
      user,
      password,
      connectString,
      applicationName: settings.applicationName,
      timeoutMs: settings.connectTimeoutMs,
    });
    const session = await within(dialled.session, { by, signal: closing }, runtime, (ended) =>
      databaseError(ended === "late" ? "connection" : "cancelled"),
    );
    return openedOn(session, dialled.cut, runtime);
  } catch (error) {
    dialled?.cut();
    throw toOracleError(error, "connecting");
  }
}

function openedOn(session: Session, cut: () => void, runtime: Runtime): Opened {
  return {
    session,
    cut,
    leave: async () => {
      const bound = { by: runtime.monotonicMs() + GOODBYE_MS, signal: new AbortController().signal };
      await within(session.close(), bound, runtime, () => databaseError("timeout")).catch(() => {});
      cut();
    },
  };
}

/** What is left of the permit's deadline, as the driver takes it: whole milliseconds; 0 would mean "never". */
export function callTimeoutMs(leftMs: number): number {
  return Math.min(2_147_483_647, Math.max(1, Math.ceil(leftMs)));
}

/** The break of the driver's call timeout, due at the same moment, has this long to be answered before one of ours. */
const CALL_TIMEOUT_HEADROOM_MS = 100;

export function stopPlan({ graceMs, closing, runtime }: ConnectionPlan): StopPlan {
  return { graceMs, headroomMs: CALL_TIMEOUT_HEADROOM_MS, closing, runtime };
}
