/**
 * Lines on their way out: whoever logs never waits and never fails. A full buffer drops its oldest lines and says how
 * many; a writer that throws loses what it was given and is tried again with the next.
 */

/** Writes whole lines, without line ends, in order. It is not called again before what it returned has settled. */
export type Writer = (lines: readonly string[]) => void | Promise<void>;

export interface Sink {
  /** Takes a line. Returns at once, and never throws. */
  readonly write: (line: string) => void;
  /** Lines lost so far, in all: for want of room, or to a writer that failed. */
  readonly dropped: () => number;
  /** Resolves when everything taken before it was written or lost. Never rejects; as slow as the writer. */
  readonly flush: () => Promise<void>;
}

export interface SinkOptions {
  readonly write: Writer;
  /** The line that reports `count` lost lines; it goes first when writing resumes. */
  readonly notice: (count: number) => string;
  /** Lines that wait at most. As many again may be with the writer. */
  readonly maxLines?: number;
  /** Memory that waiting lines take at most, at two bytes a character. */
  readonly maxBytes?: number;
}

export const MAX_LINES: number = 1_024;
export const MAX_BYTES: number = 4 * 1_048_576;
const BYTES_PER_CHARACTER = 2;

/**
 * @example
 * ```ts
 * const sink = createSink({ write: (lines) => console.log(lines.join("\n")), notice: (count) => `lost ${count} lines` });
 * sink.write("hello");
 * await sink.flush();
 * ```
 */
export function createSink({ write, notice, maxLines = MAX_LINES, maxBytes = MAX_BYTES }: SinkOptions): Sink {
  let waiting: string[] = [];
  let bytes = 0;
  let lost = 0;
  let unreported = 0;
  let writing: Promise<void> | null = null;
  let isInWriter = false;

  function take(line: string): void {
    // A writer that logs would feed itself for ever.
    if (isInWriter) {
      lose(1);
      return;
    }
    waiting.push(line);
    bytes += line.length * BYTES_PER_CHARACTER;
    while (waiting.length > maxLines || bytes > maxBytes) {
      bytes -= (waiting.shift() ?? "").length * BYTES_PER_CHARACTER;
      lose(1);
    }
    // A microtask, not a timer: it runs before the platform may freeze the instance, and needs no clock.
    writing ??= Promise.resolve().then(drain);
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      const reported = unreported;
      waiting = [];
      bytes = 0;
      unreported = 0;
      try {
        await handOver(reported > 0 ? [notice(reported), ...lines] : lines);
      } catch {
        unreported += reported;
        lose(lines.length);
      }
    }
    writing = null;
  }

  function handOver(lines: readonly string[]): void | Promise<void> {
    isInWriter = true;
    try {
      return write(lines);
    } finally {
      isInWriter = false;
    }
  }

  function lose(count: number): void {
    lost += count;
    unreported += count;
  }

  return {
    write: take,
    dropped: () => lost,
    flush: async () => {
      await writing;
    },
  };
}
