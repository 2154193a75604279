/** What all gates of one instance have in common. */
import { createEvents, type Events } from "../events.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import { type Instruments, NO_METERS, type Tracing } from "../telemetry/port.ts";
import { instanceName } from "./instance-name.ts";
import { createPushes, type Pushes } from "./pushes.ts";

export interface Shared {
  /** Of this instance, in every gate. */
  readonly instance: () => string;
  /** A session's name, which nobody had before: what a gate knows of one is not what the next one knows. */
  readonly session: () => () => string;
  readonly pushes: Pushes;
  readonly events: Events;
  /** What calls are measured by. */
  readonly meters: Instruments;
  /** For what operators typed: it is shown to others, and kept. */
  readonly redact: (text: string) => string;
  /** Whether that is said for the first time, of a gate that may have been at rest since. */
  readonly once: (what: string) => boolean;
  /** Whose traces tell of it; null: nobody's. */
  readonly tracing: Tracing | null;
}

/** Said once; beyond it they may be said again. */
const MOST_REMEMBERED = 1_000;

export interface SharedOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly log: EventLog;
  /** Default: a new name, made when it is first needed. */
  readonly instance?: (() => string) | undefined;
  readonly events?: Events | undefined;
  /** Default: nobody measures. */
  readonly meters?: Instruments | undefined;
  /** Takes secrets out of a text. Default: none are known. */
  readonly redact?: ((text: string) => string) | undefined;
  /** Default: there are no traces. */
  readonly tracing?: Tracing | null | undefined;
}

/** Names are made when the first is needed: module scope has no chance on Workers. */
export function createShared(options: SharedOptions): Shared {
  const { store, runtime, log, events = createEvents(runtime, log), redact = (text) => text } = options;
  const { instance = instanceName(runtime).get } = options;
  let sessions = 0;
  const next = () => {
    sessions += 1;
    return sessions === 1 ? instance() : `${instance()}_${sessions}`;
  };
  const told = new Set<string>();
  return {
    instance,
    session: () => {
      let own: string | undefined;
      return () => {
        own ??= next();
        return own;
      };
    },
    pushes: createPushes({ store, instance, log }),
    events,
    meters: options.meters ?? NO_METERS,
    redact,
    tracing: options.tracing ?? null,
    once: (what) => {
      if (told.has(what)) return false;
      if (told.size >= MOST_REMEMBERED) told.clear();
      told.add(what);
      return true;
    },
  };
}
