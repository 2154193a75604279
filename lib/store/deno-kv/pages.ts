/**
 * Text of any length up to what one commit can carry, in pages that are read and written together.
 *
 * All pages of a text are written by one commit, so they carry one versionstamp, the head's; a page with another one was
 * read while somebody wrote, or is damaged. The first page is the head, which says how many there are: a short text is one
 * entry, and one read.
 */
import { bytes, natural, object, oneOf, type Shape, shape } from "../../shape.ts";
import type { StoreClock } from "./clock.ts";
import type { DenoKv, KvAtomic, KvFound, KvKey } from "./platform.ts";

/** A value may be 64 KiB, a commit 800 KiB with its keys: sixteen pages and some room. */
const PAGE_BYTES = 48 * 1_024;
const MOST_PAGES = 16;
/** `getMany` takes no more. */
const KEYS_A_READ = 10;
/** In a row in which somebody wrote while it was read. */
const TORN_READS = 30;
/** Rises only when an older reader would misread. */
const FORMAT = 1;

interface Page {
  readonly bytes: Uint8Array;
  /** By the store's clock: what is read later is as if it were gone. */
  readonly until: number;
}
interface Head extends Page {
  readonly format: number;
  readonly pages: number;
  /** The store's clock when it was written. */
  readonly clock: number;
}

export interface Stored {
  /** Null: there never was any, or it has expired. */
  readonly text: string | null;
  /** What a commit has to check. */
  readonly versionstamp: string | null;
  /** Entries it takes up, or may take up. */
  readonly pages: number;
  /** There was a text, and it is not whole any more. */
  readonly damaged: boolean;
}

/** A text does not fit into one commit. Nothing was written. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

const page: Shape<Page> = object({ bytes, until: natural });
const head = shape<Head>(
  (found) => page(found) && sizes(found) && found.pages >= 1 && found.pages <= MOST_PAGES && found.clock <= found.until,
);
const sizes = object({ format: oneOf([FORMAT]), pages: natural, clock: natural, until: natural });
/** Of a newer release, whatever else it says. */
const isNewer = (found: unknown): found is { readonly format: number } =>
  object({ format: natural })(found) && found.format > FORMAT;

const pageKey = (key: KvKey, page: number): KvKey => [...key, page];

/**
 * Reads a whole text, never parts of two. The clock hears when it was written.
 *
 * @param likelyPages How many it had when it was last seen: they are read at once.
 * Where pages are missing, of another version though nobody writes, or no pages at all, the text is damaged: whoever
 * writes next begins anew.
 *
 * @throws Error where a newer release wrote them.
 */
export async function readText(
  kv: DenoKv,
  clock: StoreClock,
  where: string,
  key: KvKey,
  likelyPages: number,
): Promise<Stored> {
  let before: string | null | undefined;
  for (let torn = 0; torn < TORN_READS; torn++) {
    const pages = await readPages(kv, key, likelyPages);
    const [first] = pages;
    const versionstamp = first?.versionstamp ?? null;
    const found = first?.value ?? null;
    if (isNewer(found)) {
      throw new Error(`${where}: read: its format must be ${FORMAT}, was ${found.format}; run a newer release`);
    }
    const damaged: Stored = { text: null, versionstamp, pages: MOST_PAGES, damaged: true };
    const begin = head(found) ? found : null;
    if (found !== null && !begin) return damaged;
    if (begin) clock.hear(begin.clock);
    const now = clock.now();
    if (!pages.slice(1).some((one) => isStrange(one, begin, versionstamp, now))) {
      if (!begin || begin.until <= now) return { text: null, versionstamp, pages: begin?.pages ?? 0, damaged: false };
      const text = joined(pages.slice(0, begin.pages));
      return text === null ? damaged : { text, versionstamp, pages: begin.pages, damaged: false };
    }
    // The head was not written since: what does not belong to it never will.
    if (before === versionstamp) return damaged;
    before = versionstamp;
  }
  throw new Error(`${where}: read: one of ${TORN_READS} reads must be whole, each time others wrote; send less often`);
}

/**
 * A page must be of the head's version; where the head is not there, or past its time, it must be past its time too, and
 * Deno may have removed some of them. Those beyond the last do not matter.
 */
function isStrange(found: KvFound, begin: Head | null, versionstamp: string | null, now: number): boolean {
  if (!begin || begin.until <= now) return found.value !== null && !(page(found.value) && found.value.until <= now);
  if (Number(found.key.at(-1)) >= begin.pages) return false;
  return found.versionstamp !== versionstamp || !page(found.value);
}

async function readPages(kv: DenoKv, key: KvKey, likely: number): Promise<KvFound[]> {
  const pages: KvFound[] = [];
  for (let count = Math.max(1, likely); pages.length < count; ) {
    const size = Math.min(KEYS_A_READ, count - pages.length);
    const keys = Array.from({ length: size }, (_, n) => pageKey(key, pages.length + n));
    pages.push(...(await kv.getMany(keys)));
    const first = pages[0]?.value;
    // Without a head all are looked for: nothing is taken for empty that has lost it.
    count = Math.max(count, head(first) ? first.pages : MOST_PAGES);
  }
  return pages;
}

/** Null where that is no text. */
function joined(pages: readonly KvFound[]): string | null {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const parts = pages.map(({ value }) => decoder.decode((value as Page).bytes, { stream: true }));
    return parts.join("") + decoder.decode();
  } catch {
    return null;
  }
}

/**
 * Adds to a commit what writes a text, and what removes the pages it needs no more.
 *
 * @param text Well formed, as JSON is.
 * @param oldPages How many it has now.
 * @param keepMs For how long from `now`, which is the store's clock. Deno may remove it later, never sooner.
 * @returns How many pages it will have.
 * @throws TooLarge with nothing added.
 */
export function writeText(
  commit: KvAtomic,
  where: string,
  key: KvKey,
  text: string,
  oldPages: number,
  now: number,
  keepMs: number,
): number {
  const bytes = new TextEncoder().encode(text);
  const pages = Math.max(1, Math.ceil(bytes.length / PAGE_BYTES));
  if (pages > MOST_PAGES) {
    const most = (MOST_PAGES * PAGE_BYTES) / 1_024;
    const found = Math.ceil(bytes.length / 1_024);
    throw new TooLarge(
      `${where}: write: at most ${most} KiB fit into one commit, this would be ${found} KiB; run fewer instances, or use another store`,
    );
  }
  const until = now + keepMs;
  for (let page = 0; page < pages; page++) {
    // A copy: what is stored is the whole buffer under a view.
    const part: Page = { bytes: bytes.slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), until };
    const head = { format: FORMAT, pages, clock: now };
    commit.set(pageKey(key, page), page === 0 ? { ...head, ...part } : part, { expireIn: keepMs });
  }
  for (let page = pages; page < oldPages; page++) commit.delete(pageKey(key, page));
  return pages;
}
