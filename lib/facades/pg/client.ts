/** A connection as whoever has taken it out of the pool holds it: the same one each time, as ORMs know theirs again. */

import type { Hold } from "../hold.ts";
import { isSubmittable, type PgClient, type Release } from "./driver.ts";
import type { PgLine } from "./line.ts";
import { answered, callbackIn, type Given, later, run } from "./statement.ts";
import { submit } from "./submittable.ts";

export interface Lent {
  readonly client: PgClient;
  readonly release: Release;
  isReleased(): boolean;
}

interface Lending {
  readonly client: PgClient;
  hold: Hold<PgLine> | null;
  release: Release;
}

const lendings = new WeakMap<PgClient, Lending>();

/** Until it is released, which can be done once. */
export function lendClient(raw: PgClient, hold: Hold<PgLine>): Lent {
  const lending = lendings.get(raw) ?? guarded(raw);
  lendings.set(raw, lending);
  let isReleased = false;
  const release: Release = (error) => {
    if (isReleased) throw new Error("Release called on client which has already been released to the pool.");
    isReleased = true;
    lending.hold = null;
    hold.giveBack(error);
  };
  lending.hold = hold;
  lending.release = release;
  return { client: lending.client, release, isReleased: () => isReleased };
}

function guarded(raw: PgClient): Lending {
  const released = () =>
    new Error(
      "This client was released to the pool: take one by pool.connect(), and release it after its last statement.",
    );

  function query(...given: Given): unknown {
    const { hold } = lending;
    const first = given[0];
    // In the driver's own words.
    if (first === undefined || first === null) return raw.query(first);
    if (isSubmittable(first)) {
      if (hold) void submit(hold, first, given.slice(1));
      else later(() => first.handleError(released(), null));
      return first;
    }
    const answer = new Promise((succeed, fail) => {
      if (hold) run(hold, given, { succeed, fail });
      else fail(released());
    });
    return answered(answer, callbackIn(given));
  }

  const client = new Proxy(raw, {
    get: (target, key) => {
      if (key === "query") return query;
      if (key === "release") return lending.release;
      return Reflect.get(target, key);
    },
  });
  const lending: Lending = { client, hold: null, release: () => {} };
  return lending;
}
