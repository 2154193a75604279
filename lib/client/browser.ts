/** What a page has, and other homes of JavaScript may not. */

interface Page {
  readonly location?: { readonly href: string };
  readonly document?: { querySelector(selector: string): { getAttribute(name: string): string | null } | null };
  readonly localStorage?: Storage;
  readonly reportError?: (error: unknown) => void;
  readonly addEventListener?: (type: "storage", listener: (event: Written) => void) => void;
}

/** What a page hears of a `StorageEvent`, which is no type elsewhere. */
interface Written {
  readonly key: string | null;
  readonly newValue: string | null;
}

/** Texts that all tabs of an origin see. */
export interface SharedTexts {
  /** Null where there is none. */
  read(key: string): string | null;
  /** For all tabs, or for this one where it cannot be shared. */
  write(key: string, text: string): void;
  /** What is not there is no fault. */
  remove(key: string): void;
  /** Told what another tab wrote; null: removed. */
  watch(listener: (key: string, text: string | null) => void): void;
}

const page = (): Page => globalThis as Page;

/** @throws TypeError where a relative URL has no page to start from. */
export const absolute = (url: string): URL => new URL(url, page().location?.href);

/**
 * What the page was given for calls to its own origin: the token of the console's session, the trace that it was rendered
 * in.
 */
export function ownMeta({ origin }: URL, name: "csrf-token" | "traceparent"): string | null {
  const { location, document } = page();
  if (!location || !document || new URL(location.href).origin !== origin) return null;
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? null;
}

/** Where there is no storage, it is full, or it may not be used, a tab knows what it wrote itself. */
export function sharedTexts(): SharedTexts {
  const own = new Map<string, string>();
  const withStorage = <Value>(use: (storage: Storage | undefined) => Value): Value | null => {
    try {
      return use(page().localStorage);
    } catch {
      return null;
    }
  };
  return {
    read: (key) => own.get(key) ?? withStorage((storage) => storage?.getItem(key) ?? null),
    write: (key, text) => {
      const isShared = withStorage((storage) => {
        storage?.setItem(key, text);
        return storage !== undefined;
      });
      if (isShared) own.delete(key);
      else own.set(key, text);
    },
    remove: (key) => {
      own.delete(key);
      withStorage((storage) => storage?.removeItem(key));
    },
    watch: (listener) => {
      page().addEventListener?.("storage", ({ key, newValue }) => {
        if (key !== null) listener(key, newValue);
      });
    },
  };
}

/** Shows an error of a page's own code where such errors are shown. */
export const report = (error: unknown): void => page().reportError?.(error);
