/** Which gates stand before which addresses, as far as refusals have told: kept for each origin, known to every tab of it. */
import type { SharedTexts } from "./browser.ts";
import { at } from "./error.ts";

export interface Addresses {
  /** The gates that have refused calls to this address. */
  gatesOf(url: URL): readonly string[];
  /** @returns The gates that no address is known of any more. */
  learn(url: URL, gate: string): readonly string[];
}

type Entry = readonly [path: string, gate: string];

/** Of each kind, and of an origin; the newest stay. */
export const MOST_REMEMBERED = 200;
const PREFIX = "tidegate:addresses:";
/** What is longer fills the storage that the page's own code wants, and seldom comes twice. */
const LONGEST_PATH = 1_000;

export function createAddresses(texts: SharedTexts): Addresses {
  const entriesOf = ({ origin }: URL) => parsed(texts.read(PREFIX + origin));
  return {
    gatesOf: (url) => entriesOf(url).flatMap(([path, gate]) => (path === url.pathname ? gate : [])),
    learn: (url, gate) => {
      const { origin, pathname } = url;
      if (pathname.length > LONGEST_PATH) return [];
      const others = entriesOf(url).filter((entry) => entry[0] !== pathname || entry[1] !== gate);
      const entries = [...others, [pathname, gate] as const];
      const kept = entries.slice(-MOST_REMEMBERED);
      texts.write(PREFIX + origin, JSON.stringify(kept));
      const known = kept.map((entry) => entry[1]);
      return entries.slice(0, -MOST_REMEMBERED).flatMap((entry) => (known.includes(entry[1]) ? [] : entry[1]));
    },
  };
}

/** Whatever else stands there was written by somebody else. */
function parsed(text: string | null): readonly Entry[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    return [];
  }
}

const isEntry = (value: unknown): value is Entry =>
  typeof at(value, "0") === "string" && typeof at(value, "1") === "string";
