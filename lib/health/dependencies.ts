/**
 * What stands behind gates of the application's own, asked by the pings that were said with them: through the lane of the
 * gate that is health's own, so that a good one shortens an open period there, as the database's does at its gate.
 */
import type { GatePing } from "../guard/gate-options.ts";
import type { Guard } from "../guard/guard.ts";
import { Refused } from "../guard/refusal.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";

export interface DependencyPing {
  /** `unknown`: it was not asked, since somebody else was just asking, or its gate was not to be had. */
  readonly status: "ok" | "error" | "unknown";
  /** Null where it was not asked. */
  readonly latencyMs: number | null;
}

/** By the names of their gates. */
export type DependencyPings = Readonly<Record<string, DependencyPing>>;

export interface Dependencies {
  /** Asks all of them at once; who has not answered by then does not. Never rejects. */
  ask(withinMs: number): Promise<DependencyPings>;
  unasked(): DependencyPings;
}

export interface Pinged {
  readonly gate: string;
  readonly ping: GatePing;
  /** @throws Refused where this instance has no room for one more gate. */
  readonly guard: () => Guard;
}

export interface DependenciesOptions {
  readonly pinged: () => readonly Pinged[];
  readonly runtime: Runtime;
  /** Hears why the first of several pings has failed. */
  readonly log: EventLog;
}

const UNASKED: DependencyPing = { status: "unknown", latencyMs: null };

export function createDependencies({ pinged, runtime, log }: DependenciesOptions): Dependencies {
  const failing = new Set<string>();

  async function askOne({ gate, ping, guard }: Pinged, ms: number): Promise<DependencyPing> {
    let startedAt: number | undefined;
    const giveUp = new AbortController();
    const late = () => new DOMException(`No answer within ${ms} ms.`, "TimeoutError");
    const call = async ({ signal }: { readonly signal: AbortSignal }) => {
      startedAt = runtime.monotonicMs();
      await assertAnswered(await ping(signal));
    };
    const asked = async () => guard().run(call, { lane: "health", deadlineMs: ms, signal: giveUp.signal });
    const ended = (status: "ok" | "error"): DependencyPing => {
      if (startedAt === undefined) return UNASKED;
      return { status, latencyMs: Math.round(runtime.monotonicMs() - startedAt) };
    };
    try {
      await withDeadline(asked(), { ms, runtime, refuse: late });
      failing.delete(gate);
      return ended("ok");
    } catch (error) {
      if (error instanceof Refused || startedAt === undefined) return UNASKED;
      if (!failing.has(gate)) log.warn("gate.ping_failed", { gate, error });
      failing.add(gate);
      return ended("error");
    } finally {
      // What never began, waiting for a store that does not answer, is not to begin later.
      if (startedAt === undefined) giveUp.abort(late());
    }
  }

  return {
    ask: async (withinMs) => {
      const asked = pinged().map(async (one) => [one.gate, await askOne(one, withinMs)] as const);
      return Object.fromEntries(await Promise.all(asked));
    },
    unasked: () => Object.fromEntries(pinged().map(({ gate }) => [gate, UNASKED])),
  };
}

/** `fetch` resolves to whatever was answered. */
async function assertAnswered(answer: unknown): Promise<void> {
  if (!(answer instanceof Response)) return;
  await answer.body?.cancel();
  if (answer.status >= 500) throw new Error(`The ping was answered with status ${answer.status}.`);
}
