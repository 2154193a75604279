/** One call for all who ask for the same at the same time, in this instance. */
import type { Runtime } from "../runtime.ts";

/** Longer than a statement may take by default, in the slow lane: who comes later does not wait for what may be stuck. */
const LONGEST_JOINED_MS = 300_000;

export interface Flights<Landed> {
  /**
   * Joins the flight of that key, or begins one. A caller that gives up leaves it to the others; it is ended with the
   * last one.
   *
   * @param signal The caller's. The flight has one of its own, which `begin` is handed.
   * @throws What the flight rejects with, or the reason of `signal`.
   */
  join(
    key: string,
    signal: AbortSignal | undefined,
    begin: (flight: Flight) => Promise<Landed>,
  ): { readonly leads: boolean; readonly landed: Promise<Landed> };
}

/** One that is under way. */
export interface Flight {
  /** Aborted once nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** Others than the one who began it have joined it. */
  isShared(): boolean;
}

class UnderWay<Landed> implements Flight {
  readonly #controller = new AbortController();
  readonly begunAt: number;
  #waiting = 0;
  #joined = 0;
  landed!: Promise<Landed>;

  constructor(begunAt: number) {
    this.begunAt = begunAt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  isShared(): boolean {
    return this.#joined > 1;
  }

  join(): void {
    this.#waiting += 1;
    this.#joined += 1;
  }

  /** @returns Whether that was the last one. */
  leave(reason: unknown): boolean {
    this.#waiting -= 1;
    if (this.#waiting > 0) return false;
    this.#controller.abort(reason);
    return true;
  }
}

export function createFlights<Landed>({ monotonicMs }: Pick<Runtime, "monotonicMs">): Flights<Landed> {
  const underWay = new Map<string, UnderWay<Landed>>();

  return {
    join: (key, signal, begin) => {
      const now = monotonicMs();
      const known = underWay.get(key);
      const found = known && now - known.begunAt < LONGEST_JOINED_MS ? known : undefined;
      const flight = found ?? new UnderWay<Landed>(now);
      flight.join();
      const end = () => {
        if (underWay.get(key) === flight) underWay.delete(key);
      };
      if (!found) {
        underWay.set(key, flight);
        flight.landed = begin(flight).finally(end);
      }
      const leave = (reason: unknown) => {
        // Whoever comes now must not be given a call that was ended.
        if (flight.leave(reason)) end();
      };
      return { leads: !found, landed: signal ? untilAborted(flight.landed, signal, leave) : flight.landed };
    },
  };
}

function untilAborted<Landed>(
  landed: Promise<Landed>,
  signal: AbortSignal,
  leave: (reason: unknown) => void,
): Promise<Landed> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      leave(signal.reason);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    const settled = () => signal.removeEventListener("abort", abort);
    landed.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}
