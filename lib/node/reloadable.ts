/** One instance at a time where a development server evaluates a module again and again. */
import type { Tidegate } from "../tidegate.ts";

/** Outlives the evaluation of a module, this one too. */
const INSTANCES = Symbol.for("tidegate.reloadable");

/**
 * Makes an instance, and in development (`APP_ENV`) ends the one that the last evaluation of the same module has made:
 * it refuses what comes, and its connections are given back. Elsewhere it only makes one.
 *
 * @param name Tells several instances of one process apart.
 * @throws What `make` throws.
 * @example
 * ```ts
 * import { tidegate } from "tidegate";
 * import { postgres } from "tidegate/databases/postgres";
 * import { reloadable } from "tidegate/node";
 * import { memory } from "tidegate/stores/memory";
 *
 * export const tide = reloadable(() => tidegate({ database: postgres(process.env.DATABASE_URL), store: memory() }));
 * ```
 */
export function reloadable<Instance extends Tidegate>(make: () => Instance, name = "tidegate"): Instance {
  const made = make();
  if (made.config.app.env !== "development") return made;
  const instances = instancesOf(globalThis as Place);
  const before = instances.get(name);
  instances.set(name, made);
  before?.drain();
  // What does not end well is in its own log.
  before?.close().catch(() => {});
  return made;
}

interface Place {
  [INSTANCES]?: Map<string, Tidegate>;
}

function instancesOf(place: Place): Map<string, Tidegate> {
  place[INSTANCES] ??= new Map();
  return place[INSTANCES];
}
