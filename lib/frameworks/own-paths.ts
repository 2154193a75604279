/** Which requests Tidegate's own routes answer, in a framework that knows nothing of them. */
import { OWN_PATTERNS } from "../http/routes/routes.ts";

const PATHS = OWN_PATTERNS.map((pattern) => pattern.replace("/*", "(?:/.*)?")).join("|");
/** From where it is told on. Every request is looked at: what would cut its address into pieces costs more than this. */
const OWN = new RegExp(`(?:${PATHS})/?(?:\\?|$)`, "y");

/** @param from Where it begins below what those routes are mounted at. */
export function isOwnUrl(url: string, from = 0): boolean {
  OWN.lastIndex = from;
  return OWN.test(url);
}

/** Where the routes of one instance are mounted, as far as is known. */
export interface Mounts {
  /** @param prefix Without a slash at its end: empty at the root. */
  add(prefix: string): void;
  isOwn(url: string): boolean;
}

/** A prefix with parameters is another one with each of their values. */
const MOST_PREFIXES = 16;
const MOUNTS = new WeakMap<object, Mounts>();

export function mountsOf(tide: object): Mounts {
  const mounts = MOUNTS.get(tide) ?? createMounts();
  MOUNTS.set(tide, mounts);
  return mounts;
}

function createMounts(): Mounts {
  const prefixes = new Set<string>();
  return {
    add: (prefix) => {
      if (prefixes.size < MOST_PREFIXES) prefixes.add(prefix);
    },
    isOwn: (url) => {
      for (const prefix of prefixes) {
        if (url.startsWith(prefix) && isOwnUrl(url, prefix.length)) return true;
      }
      return false;
    },
  };
}
