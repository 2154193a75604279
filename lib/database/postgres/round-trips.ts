/** One statement at a time on a connection, each with an end: its rows, an error, or that of the connection. */
import type postgres from "postgres";
import type { Runtime } from "../../runtime.ts";
import type { Proof } from "../proof.ts";
import type { Bind } from "../wire/binds.ts";
import { copyRefused } from "../wire/copy.ts";
import type { Query } from "./cancel.ts";
import { type Opened, withoutOrigin } from "./client.ts";
import { fillHoles } from "./holes.ts";

export type Rows = postgres.RowList<postgres.Row[]>;

export interface RoundTrips {
  send(text: string, binds: Bind[], options: postgres.UnsafeQueryOptions): Promise<Rows>;
  /** What is under way. */
  current(): Query | undefined;
  /** When the last was sent, on the monotonic clock. */
  sentAt(): number;
}

/** Only what giving it up needs, so that no platform's types are asked for. */
type Stream = { on(event: "error", listener: () => void): unknown };

/** As the driver has it. */
const closedError = (): Error => Object.assign(new Error("the connection was closed"), { code: "CONNECTION_CLOSED" });

/** @param assertOpen throws where nothing may be sent any more. */
export function roundTripsOn(opened: Opened, runtime: Runtime, proof: Proof, assertOpen: () => void): RoundTrips {
  let current: Query | undefined;
  let abandon: ((reason: Error) => void) | undefined;
  let sentAt = 0;
  // The driver rejects what is under way with the error of a socket, or else with its end. What was sent between the two,
  // which are some turns apart, it forgets.
  opened.onClose(() => runtime.endOfTurn(() => abandon?.(closedError())));

  async function send(text: string, binds: Bind[], options: postgres.UnsafeQueryOptions): Promise<Rows> {
    // Called in the turn in which it is known to be open: the driver writes to a closed socket without looking.
    assertOpen();
    sentAt = runtime.monotonicMs();
    const query = withoutOrigin(opened.sql.unsafe(text, binds as never[], options));
    current = query;
    try {
      const rows = await new Promise<Rows>((resolve, reject) => {
        abandon = reject;
        query.then(resolve, reject);
      });
      proof.given();
      if (!Array.isArray(rows)) return await refuseCopy(rows);
      fillHoles(rows);
      return rows;
    } finally {
      current = undefined;
      abandon = undefined;
    }
  }

  /** For `copy` from or to the client the driver gives a stream, and the connection does nothing else until that ends. */
  async function refuseCopy(copying: Stream): Promise<never> {
    // It ends with the connection, in an error that would otherwise end the process.
    copying.on("error", () => {});
    await opened.destroy();
    throw copyRefused();
  }

  return { send, current: () => current, sentAt: () => sentAt };
}
