/** Rate limits for the whole fleet by @upstash/ratelimit, over whatever runs scripts. */
import type { Ratelimit } from "@upstash/ratelimit";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import type { Limiter, LimitRule } from "../port.ts";
import type { Script, ScriptRunner } from "./script.ts";

type Package = typeof import("@upstash/ratelimit");
/** It is one of CommonJS, whose names bundlers have below `default` alone. */
type Loaded = Package | { readonly default: Package };
type Client = ConstructorParameters<typeof Ratelimit>[0]["redis"];

/** Clients that are known to have had all of theirs, until their window ends; beyond it the oldest is asked for again. */
const MOST_BLOCKED = 10_000;
/** Between two calls to a server that did not answer. */
const TRY_AGAIN_MS = 500;
/** Upstash's own; plain Redis refuses it. */
const KEY_LOCKING = /^#!lua flags=allow-key-locking\n/;

/**
 * Fixed windows: what `RateLimit` headers say is then what happens. The package is told not to have a timeout, since
 * its own lets pass and says so as a success; here a call that takes too long is an error, as one that fails is.
 */
export async function openLimiter(
  runner: ScriptRunner,
  runtime: Runtime,
  prefix: string,
  rule: LimitRule,
  deadlineMs: number,
): Promise<Limiter> {
  // An optional peer, loaded where limits are counted. A bundler takes the catch for leave to go on without it.
  const loaded: Loaded = await import("@upstash/ratelimit").catch((cause: unknown) => {
    throw new Error("count for the fleet: @upstash/ratelimit is needed, and cannot be loaded", { cause });
  });
  const { Ratelimit } = "Ratelimit" in loaded ? loaded : loaded.default;
  const ratelimit = new Ratelimit({
    redis: clientOf(runner, runtime, deadlineMs),
    limiter: Ratelimit.fixedWindow(rule.count, `${rule.windowMs} ms`),
    prefix: `${prefix}:${rule.name}`,
    ephemeralCache: new BoundedMap(),
    timeout: 0,
    enableTelemetry: false,
  });
  const until = (reset: number) => Math.max(0, reset - runtime.wallMs());
  return {
    take: async (client) => {
      const { success, remaining, reset } = await ratelimit.limit(client);
      return { allowed: success, remaining, resetMs: until(reset) };
    },
    look: async (client) => {
      const { remaining, reset } = await ratelimit.getRemaining(client);
      return { allowed: remaining > 0, remaining, resetMs: until(reset) };
    },
  };
}

/** The two methods of a Redis client that the package calls. Fails at once while the server is taken to be away. */
function clientOf(runner: ScriptRunner, runtime: Runtime, deadlineMs: number): Client {
  const scripts = new Map<string, Script>();
  let awayUntil = Number.NEGATIVE_INFINITY;
  const refuse = () => new Error(`count a request: an answer within ${deadlineMs} ms is needed`);
  const deadline = { ms: deadlineMs, runtime: patient(runtime), refuse };

  async function run(text: string, keys: readonly string[], values: readonly unknown[]): Promise<unknown> {
    if (runtime.monotonicMs() < awayUntil) throw new Error("count a request: the state store is away");
    const script = scripts.get(text) ?? { text: text.replace(KEY_LOCKING, ""), what: "count a request" };
    scripts.set(text, script);
    try {
      return await withDeadline(runner.run(script, keys, values.map(String)), deadline);
    } catch (error) {
      awayUntil = runtime.monotonicMs() + TRY_AGAIN_MS;
      throw error;
    }
  }
  // The runner finds out by itself whether the server knows a script: it has to be given the text.
  const evalsha = () => Promise.reject(new Error("NOSCRIPT"));
  return { evalsha, eval: run } as unknown as Client;
}

/** A process that was busy finds its timers due first, and then the answers that have long arrived. */
const patient = (runtime: Runtime): Runtime => ({
  ...runtime,
  setTimer: (task, delayMs) => runtime.setTimer(() => runtime.endOfTurn(task), delayMs),
});

/** The package asks for a `Map` and never makes it smaller. */
class BoundedMap extends Map<string, number> {
  override set(key: string, value: number): this {
    const oldest = this.size >= MOST_BLOCKED && !this.has(key) ? this.keys().next() : null;
    if (oldest?.done === false) this.delete(oldest.value);
    return super.set(key, value);
  }
}
