/**
 * Addresses whose last answer was an old one, and when they are to be asked again: as one tab knows it. Another tab, and
 * this one after a reload, has no answer yet, and gets what there is at once.
 */
import type { Runtime } from "../runtime.ts";
import { MOST_REMEMBERED } from "./addresses.ts";
import { staleHintMs } from "./hint.ts";
import { type Hold, type Holds, isEndedByHealth, MAIN_GATE } from "./hold.ts";
import type { StaleAnswer } from "./types.ts";

export interface StaleAddresses {
  /** Its answer was an old one. */
  begin(url: URL, answer: StaleAnswer): void;
  /** Until when the next call there waits; null where it may go. */
  before(url: URL): Hold | null;
  /** Of those of an origin that end when its health says so, the last that has begun. */
  endedByHealth(origin: string): Hold | null;
  /** Its answer is as good as new. @returns Whether the last one was not. */
  end(url: URL): boolean;
}

interface Entry extends Hold {
  /** Health has ended it, and the next answer was an old one again: what is the matter there, it does not know. */
  readonly isBlind: boolean;
  isEnded: boolean;
}

export function createStaleAddresses(holds: Holds, { wallMs }: Runtime): StaleAddresses {
  const entries = new Map<string, Entry>();
  let hearsEnds = false;

  const isOn = ({ until, isEnded }: Entry) => !isEnded && until > wallMs();
  const ofHealth = (origin: string): readonly Entry[] =>
    [...entries].flatMap(([href, entry]) =>
      new URL(href).origin === origin && isOn(entry) && !entry.isBlind && isEndedByHealth(entry) ? entry : [],
    );
  const hearEnds = () => {
    if (hearsEnds) return;
    hearsEnds = true;
    holds.onEnd((origin, gate) => {
      if (gate !== MAIN_GATE) return;
      for (const entry of ofHealth(origin)) entry.isEnded = true;
    });
  };

  return {
    begin: ({ href }, { code, retryAfterSeconds }) => {
      hearEnds();
      const since = wallMs();
      const until = since + staleHintMs(retryAfterSeconds);
      const isBlind = entries.get(href)?.isEnded ?? false;
      entries.delete(href);
      entries.set(href, { since, until, code, message: "", isBlind, isEnded: false });
      const [oldest = href] = entries.keys();
      if (entries.size > MOST_REMEMBERED) entries.delete(oldest);
    },
    before: ({ href }) => {
      const entry = entries.get(href);
      return entry && isOn(entry) ? entry : null;
    },
    endedByHealth: (origin) => ofHealth(origin).at(-1) ?? null,
    end: ({ href }) => entries.delete(href),
  };
}
