/**
 * Opening one connection to an Oracle, and ending it. Connections of our own instead of the driver's pool: that pool
 * opens in the background (about 2,000 attempts a second at a refusing listener, with `poolMin` above 0), does not
 * count what it is opening, keeps a line of its own, and gives no way to end what hangs.
 */
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import type { ConnectionPlan } from "../connection.ts";
import { codeOf, databaseError } from "../failure.ts";
import type { OracleAddress } from "./address.ts";
import { toOracleError } from "./errors.ts";
import type { Dial, Dialled, Session } from "./session.ts";

/** What the server has to answer a goodbye; then the socket is closed without it. */
const GOODBYE_MS = 1_000;

export interface OraclePlan extends ConnectionPlan {
  readonly target: OracleAddress;
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

/**
 * The driver's own timers come so much later than ours. They do not wait for what has arrived to be read: heard before
 * ours, one comes of an event loop that stood still.
 */
const DRIVER_LATER_MS = 1_000;
const CONNECT_TIMEOUT = "NJS-510";

/** @throws DatabaseError when no connection is there, logged on, by the connect timeout. */
export async function openClient(plan: OraclePlan): Promise<Opened> {
  for (;;) {
    const opened = await openOnce(plan);
    if (opened !== null) return opened;
  }
}

/** Null where nobody knows whether it would have opened. */
async function openOnce(plan: OraclePlan): Promise<Opened | null> {
  const { runtime, settings, closing } = plan;
  const connectBy = runtime.monotonicMs() + settings.connectTimeoutMs;
  const { user, password, connectString } = plan.target;
  let dialled: Dialled | undefined;
  try {
    dialled = await plan.dial({
      user,
      password,
      connectString,
      applicationName: settings.applicationName,
      timeoutMs: settings.connectTimeoutMs + DRIVER_LATER_MS,
    });
    const session = await withDeadline(dialled.session, {
      ms: connectBy - runtime.monotonicMs(),
      signal: closing,
      runtime,
      refuse: (end) => databaseError(end === "late" ? "connection" : "cancelled"),
    });
    return openedOn(session, dialled.cut, runtime);
  } catch (error) {
    dialled?.cut();
    if (codeOf(error) === CONNECT_TIMEOUT) return null;
    throw toOracleError(error, "connecting");
  }
}

function openedOn(session: Session, cut: () => void, runtime: Runtime): Opened {
  return {
    session,
    cut,
    leave: async () => {
      await withDeadline(session.close(), { ms: GOODBYE_MS, runtime, refuse: () => undefined }).catch(() => {});
      cut();
    },
  };
}
