/** A writer that keeps the thread while it writes is called seldom: lines wait meanwhile, or are lost and counted. */
import type { Runtime, Timer } from "../runtime.ts";
import { threadTime } from "../thread-time.ts";
import type { Writer } from "./sink.ts";

export interface Paced {
  readonly write: Writer;
  /** While somebody waits for the lines, nothing is put off. */
  readonly hurry: (isWaitedFor: boolean) => void;
}

export function paced(write: Writer, runtime: Runtime): Paced {
  const time = threadTime(runtime);
  let isWaitedFor = false;
  let resting: { readonly timer: Timer; readonly end: () => void } | null = null;

  const rest = (ms: number) =>
    new Promise<void>((end) => {
      resting = { timer: runtime.setTimer(end, ms), end };
    });
  return {
    write: async (lines) => {
      const ms = isWaitedFor ? 0 : time.pauseMs();
      if (ms > 0) await rest(ms);
      resting = null;
      await time.spend(() => write(lines));
    },
    hurry: (hurries) => {
      isWaitedFor = hurries;
      if (!hurries || resting === null) return;
      runtime.clearTimer(resting.timer);
      resting.end();
    },
  };
}
