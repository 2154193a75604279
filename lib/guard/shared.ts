/** What all gates of one instance have in common. */
import { createEvents, type Events } from "../events.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import { createPushes, type Pushes } from "./pushes.ts";

export interface Shared {
  /** A session's name, which nobody had before: what a gate knows of one is not what the next one knows. */
  readonly session: () => () => string;
  readonly pushes: Pushes;
  readonly events: Events;
  /** Whether that is said for the first time, of a gate that may have been at rest since. */
  readonly once: (what: string) => boolean;
}

/** Said once; beyond it they may be said again. */
const MOST_REMEMBERED = 1_000;

export interface SharedOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly events?: Events | undefined;
}

/** Names are made when the first is needed: module scope has no chance on Workers. */
export function createShared({ store, runtime, log, events = createEvents(runtime, log) }: SharedOptions): Shared {
  let name: string | undefined;
  let sessions = 0;
  const instance = () => (name ??= runtime.uuid().replaceAll("-", ""));
  const next = () => {
    sessions += 1;
    return sessions === 1 ? instance() : `${instance()}_${sessions}`;
  };
  const told = new Set<string>();
  return {
    session: () => {
      let own: string | undefined;
      return () => {
        own ??= next();
        return own;
      };
    },
    pushes: createPushes({ store, instance, log }),
    events,
    once: (what) => {
      if (told.has(what)) return false;
      if (told.size >= MOST_REMEMBERED) told.clear();
      told.add(what);
      return true;
    },
  };
}
