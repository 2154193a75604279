/**
 * Cloudflare Durable Objects: one object for each gate, which runs the machine itself.
 *
 * Map of this folder: `durable-object` (this file) is the adapter in the Worker, `object` the class at the other end,
 * `calls` what goes between them; `gate-host` applies renewals and `entries` lays a gate out as rows, `values` keeps
 * everything smaller; `platform` is the little that is used of Cloudflare's interfaces.
 */
import { gateMachine } from "../../gate/machine.ts";
import { SESSIONS_KEPT } from "../../gate/state.ts";
import { InvalidRenewal } from "../../gate/validate.ts";
import type { Runtime } from "../../runtime.ts";
import { compareAndSet, type StatePlace } from "../compare-and-set.ts";
import type { Machine, Store, StoreAdapter } from "../port.ts";
import { type Answer, type CallName, decodeAnswer, type Given } from "./calls.ts";
import type { ObjectNamespace, StubError } from "./platform.ts";

export type { StoreAdapter } from "../port.ts";
export { TidegateObject } from "./object.ts";
export type { ObjectNamespace, ObjectStub } from "./platform.ts";

const ADDRESS = "durable-object:";
/** Half of what one object answers: the rest is for what is asked at once. Rule 7. */
const RENEWALS_PER_SECOND = 500;
/** An object is in one place, its callers are anywhere. */
const DEADLINE_MS = 1_000;
/** It may have to be made, or moved, and to load its rows. */
const FIRST_CONTACT_MS = 2_000;

/**
 * A store in Durable Objects. Asks nobody anything until it is first used.
 *
 * Guarantees: atomic, since an object applies one renewal at a time; clock: the object's; durability: what is answered is
 * stored, and survives evictions and deploys; failover: the platform moves an object with all its rows, calls meanwhile
 * fail and are not repeated here. One object carries about 1,000 requests a second.
 *
 * @param namespace The binding to {@link TidegateObject}.
 * @throws TypeError when it is none.
 * @example
 * ```ts
 * import { env } from "cloudflare:workers";
 * const tide = tidegate({ database: postgres(url), store: durableObject(env.TIDEGATE) });
 * ```
 */
export function durableObject(namespace: ObjectNamespace): StoreAdapter {
  if (typeof namespace?.idFromName !== "function") {
    throw new TypeError(
      `durable-object: a binding to the class TidegateObject is needed, found ${typeof namespace}; ` +
        "add it to [[durable_objects.bindings]] in wrangler.toml and hand in env's member of that name",
    );
  }
  return { kind: "durable-object", address: ADDRESS, open: (runtime) => open(namespace, runtime) };
}

function open(namespace: ObjectNamespace, runtime: Runtime): Store {
  async function ask<Name extends CallName>(name: string, call: Name, given: Given<Name>): Promise<Answer<Name>> {
    // A stub for each call: one that has thrown stays broken, and a request's stubs are of no use to another request.
    const stub = namespace.get(namespace.idFromName(name));
    const body = JSON.stringify({ call, ...given });
    const text = await stub
      .fetch("https://tidegate.object/", { method: "POST", body })
      .then((response) => response.text())
      .catch((error: unknown) => {
        throw failure(call, name, error);
      });
    try {
      return decodeAnswer(text) as Answer<Name>;
    } catch (error) {
      throw error instanceof InvalidRenewal ? error : failure(call, name, error);
    }
  }
  const placeOf = (name: string): StatePlace => ({
    name: `durable-object ${name}`,
    load: () => ask(name, "loadState", {}),
    // The object calls nobody: who waits asks again by itself.
    store: (mark, nextMark, saved) => ask(name, "storeState", { mark, nextMark, saved }),
  });

  return {
    kind: "durable-object",
    address: ADDRESS,
    traits: {
      gate: { pushes: false, renewalsPerSecond: RENEWALS_PER_SECOND, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      sharesIo: false,
      freezes: false,
      ownClock: true,
      deadlineMs: DEADLINE_MS,
      firstContactMs: FIRST_CONTACT_MS,
    },
    transact<State, Message, Result>(
      machine: Machine<State, Message, Result>,
      key: string,
      message: Message,
    ): Promise<Result> {
      const name = `${key}:${machine.name}`;
      // By its name alone: a step cannot travel, and this one is at home there.
      if (machine.name === gateMachine.name)
        return ask(name, "gate", { renewal: message } as Given<"gate">) as Promise<Result>;
      return compareAndSet(placeOf(name), runtime, machine, message);
    },
    onPush: () => () => {},
    kv: {
      get: (key) => ask(`${key}:kv`, "getValue", {}),
      set: async (key, value, ttlMs) => {
        await ask(`${key}:kv`, "setValue", { value, ttlMs });
      },
    },
    log: {
      append: (name, record, expectedHead) => ask(`${name}:log`, "append", { record, expectedHead }),
      read: (name, before, limit) => ask(`${name}:log`, "read", { before, limit }),
    },
    close: async () => {},
  };
}

/**
 * Nothing is repeated here, whatever the platform says of the error. It repeats a call itself only where that cannot run
 * twice (its "automatic retries"); what to send again is the instance's business.
 */
function failure(call: CallName, name: string, cause: unknown): Error {
  const { overloaded, retryable } = (cause ?? {}) as StubError;
  const found = cause instanceof Error ? cause.message : String(cause);
  const advice = overloaded
    ? "; it has more to do than one object can: run fewer instances, or spread the traffic over several gates"
    : retryable
      ? "; it was reset, moved or out of reach: the next call goes by a new stub"
      : "";
  return new Error(`durable-object ${name}: ${call}: an answer of TidegateObject is needed, found: ${found}${advice}`, {
    cause,
  });
}
