/**
 * Batches from one who produces them to one who consumes them, at the consumer's pace: the producer is held up until
 * the batch it gave is used up and more is asked for, so that at most one is in memory.
 */
export interface Handoff<Row> {
  /** Gives a batch. Resolves when more is wanted: to false when nothing is, any more. After the last nobody waits. */
  put(rows: Row[], last: boolean): Promise<boolean>;
  /**
   * The producer has ended; with an error, the consumer is told at once, before what it has not read. The first end
   * counts. False as with {@link leave}.
   */
  end(error?: { readonly thrown: unknown }): boolean;
  /** The next batch, or null at the end. Throws what the producer ended with. */
  take(): Promise<Row[] | null>;
  /** Throws what the producer ended with. */
  check(): void;
  /** The consumer wants no more. False when the producer is not waiting for it, but at work. */
  leave(): boolean;
}

export function handoff<Row>(): Handoff<Row> {
  let batch: Row[] | null = null;
  let ended = false;
  let left = false;
  let failure: { readonly thrown: unknown } | undefined;
  let parked: ((wanted: boolean) => void) | undefined;
  let wake: () => void = () => {};

  const release = (wanted: boolean): void => {
    parked?.(wanted);
    parked = undefined;
  };
  const check = (): void => {
    if (failure !== undefined && !left) throw failure.thrown;
  };
  return {
    put: (rows, last) => {
      batch = rows;
      wake();
      if (left || ended) return Promise.resolve(false);
      if (last) return Promise.resolve(true);
      return new Promise((resolve) => {
        parked = resolve;
      });
    },
    end: (error) => {
      const isIdle = ended || parked !== undefined;
      if (!ended) failure = error;
      ended = true;
      // Answered before the producer's end: what it waits for will not come.
      release(false);
      wake();
      return isIdle;
    },
    take: async () => {
      for (;;) {
        check();
        if (left) return null;
        if (batch !== null) {
          const taken = batch;
          batch = null;
          return taken;
        }
        if (ended) return null;
        release(true);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    check,
    leave: () => {
      left = true;
      const isIdle = ended || parked !== undefined;
      release(false);
      wake();
      return isIdle;
    },
  };
}
