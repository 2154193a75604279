/** Until when a service wants no calls: of a whole origin, or of one gate's addresses there; known to every tab of the page's own. */
import type { Runtime } from "../runtime.ts";
import { createAddresses } from "./addresses.ts";
import type { SharedTexts } from "./browser.ts";
import { at, type MesApiError, textAt } from "./error.ts";
import { LONGEST_HINT_MS } from "./hint.ts";

export interface Hold {
  /** When the service last said so, in milliseconds since 1970: tabs share no other clock. */
  readonly since: number;
  readonly until: number;
  readonly code: string | null;
  readonly message: string;
}

export interface Holds {
  /** The one of that gate; null where its calls may go. */
  of(origin: string, gate: string): Hold | null;
  /** One that holds calls to this address: there may be another behind it. Null where they may go. */
  before(url: URL): HeldBy | null;
  /** The gates that have refused calls to this address, in any tab; {@link MAIN_GATE} only where there are others. */
  gatesOf(url: URL): readonly string[];
  /** Lasts at least as long as one that is on already. */
  begin(url: URL, gate: string, ms: number, why: Omit<Hold, "since" | "until">): Hold;
  /** The service is well again, sooner than it said: whoever waits goes on, in all tabs. */
  end(origin: string, gate: string): void;
  /** Told when one was ended, here or in another tab. @returns What ends that. */
  onEnd(listener: (origin: string, gate: string) => void): () => void;
  /** Told what another tab began. */
  watch(listener: (origin: string, gate: string, hold: Hold) => void): void;
}

export type HeldBy = Hold & { readonly gate: string };

/** The service's own: it holds every call, since of no address is it known that it can do without. */
export const MAIN_GATE = "main";
/** Short enough to be kept, and without the space that stands before it there. */
const GATE_NAME = /^\S{1,128}$/;

/** Of what these tell, health has a verdict: the database answers, and the breaker is closed. */
const ENDED_BY_HEALTH: readonly (string | null)[] = ["CIRCUIT_BREAKER_OPEN", "DB_CONNECTION_FAILED"];

export const isEndedByHealth = ({ code }: Hold): boolean => ENDED_BY_HEALTH.includes(code);

/** Whose calls wait after this error. */
export const gateHeldBy = ({ gate }: MesApiError): string => (gate !== null && GATE_NAME.test(gate) ? gate : MAIN_GATE);

/** A text of its own for each hold: tabs that write at once take nothing from each other. */
const OF_ORIGIN = "tidegate:hold:";
/** Before origin, space and gate. Tabs that know of no gates look for the other. */
const OF_GATE = "tidegate:gate-hold:";

export function createHolds(texts: SharedTexts, { wallMs }: Runtime): Holds {
  const addresses = createAddresses(texts);
  const current = (text: string | null): Hold | null => {
    const hold = parsed(text);
    const leftMs = hold === null ? 0 : hold.until - wallMs();
    // What ends later was written before the clock was set back, or by somebody else.
    return leftMs > 0 && leftMs <= LONGEST_HINT_MS ? hold : null;
  };
  const of = (origin: string, gate: string) => current(texts.read(keyOf(origin, gate)));
  const endings = new Set<(origin: string, gate: string) => void>();
  const ended = (origin: string, gate: string) => {
    for (const listener of [...endings]) listener(origin, gate);
  };
  let hearsOthers = false;
  return {
    of,
    before: (url) => {
      for (const gate of [MAIN_GATE, ...addresses.gatesOf(url)]) {
        const hold = of(url.origin, gate);
        if (hold) return { ...hold, gate };
      }
      return null;
    },
    gatesOf: addresses.gatesOf,
    begin: (url, gate, ms, why) => {
      const { origin } = url;
      if (gate !== MAIN_GATE || addresses.gatesOf(url).length > 0) {
        const forgotten = addresses.learn(url, gate).filter((gone) => gone !== MAIN_GATE);
        for (const gone of forgotten) texts.remove(keyOf(origin, gone));
      }
      const since = wallMs();
      const until = Math.max(since + Math.min(ms, LONGEST_HINT_MS), of(origin, gate)?.until ?? 0);
      const hold = { since, until, ...why };
      texts.write(keyOf(origin, gate), JSON.stringify(hold));
      return hold;
    },
    end: (origin, gate) => {
      const key = keyOf(origin, gate);
      // Where nothing goes, other tabs hear of nothing; they may wait for this end all the same.
      if (texts.read(key) === null) texts.write(key, "");
      texts.remove(key);
      ended(origin, gate);
    },
    onEnd: (listener) => {
      if (!hearsOthers) {
        texts.watch((key, text) => {
          const [origin = "", gate = MAIN_GATE] = text === null ? placeOf(key) : [];
          if (origin !== "") ended(origin, gate);
        });
      }
      hearsOthers = true;
      endings.add(listener);
      return () => void endings.delete(listener);
    },
    watch: (listener) =>
      texts.watch((key, text) => {
        const [origin = "", gate = MAIN_GATE] = placeOf(key);
        const hold = origin === "" ? null : current(text);
        if (hold) listener(origin, gate, hold);
      }),
  };
}

const keyOf = (origin: string, gate: string): string =>
  gate === MAIN_GATE ? OF_ORIGIN + origin : `${OF_GATE}${origin} ${gate}`;

/** Origin and gate of a hold's key: the gate only where it is not the main one. No origin has a space. */
function placeOf(key: string): readonly string[] {
  if (key.startsWith(OF_ORIGIN)) return [key.slice(OF_ORIGIN.length)];
  return key.startsWith(OF_GATE) ? key.slice(OF_GATE.length).split(" ", 2) : [];
}

function parsed(text: string | null): Hold | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    const until = at(value, "until");
    if (typeof until !== "number") return null;
    const since = at(value, "since");
    // A page of an older version does not say: nothing is known to be newer.
    return {
      since: typeof since === "number" ? since : until,
      until,
      code: textAt(value, "code"),
      message: textAt(value, "message") ?? "",
    };
  } catch {
    return null;
  }
}
