/** Shows how far a long job is: one line that redraws itself on a terminal, a plain line now and then elsewhere. */
import { styleText } from "node:util";

const BAR_WIDTH = 30;
const PLAIN_LINE_EVERY_RATIO = 0.1;

export interface Progress {
  /** `done` of the total given at the start. */
  advance(done: number): void;
  /** Leaves the line as it is and goes to the next. */
  end(): void;
}

/**
 * @param out where to write, such as `process.stderr`, so that standard output stays for results
 * @param nowMs a monotonic clock in milliseconds
 */
export function progress(
  total: number,
  unit: string,
  out: Pick<NodeJS.WriteStream, "write" | "isTTY">,
  nowMs: () => number = () => performance.now(),
): Progress {
  const startedMs = nowMs();
  let nextPlainRatio = PLAIN_LINE_EVERY_RATIO;

  function describe(done: number): string {
    const elapsedS = (nowMs() - startedMs) / 1000;
    const leftS = done === 0 ? 0 : (elapsedS / done) * (total - done);
    const percent = String(Math.floor((done / total) * 100)).padStart(3);
    const time = done < total ? `about ${clock(leftS)} left` : `in ${clock(elapsedS)}`;
    return `${percent} %  ${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${unit}, ${time}`;
  }

  return {
    advance(done) {
      const ratio = done / total;
      if (out.isTTY) {
        const filled = Math.round(ratio * BAR_WIDTH);
        const bar = styleText("cyan", "█".repeat(filled)) + styleText("dim", "░".repeat(BAR_WIDTH - filled));
        out.write(`\r\u001b[2K${bar} ${describe(done)}`);
      } else if (ratio >= nextPlainRatio || done === total) {
        out.write(`${describe(done)}\n`);
        nextPlainRatio = ratio + PLAIN_LINE_EVERY_RATIO;
      }
    },
    end() {
      if (out.isTTY) out.write("\n");
    },
  };
}

/** `1:05` for 65 seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
