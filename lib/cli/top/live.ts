/** The screen of `tidegate top` while somebody looks at it: draws, looks again, hears keys. */
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";
import { CTRL_C, type Screen } from "../screen.ts";
import { painter } from "../text.ts";
import { painted } from "./lines.ts";
import { screenOf } from "./view.ts";
import type { Watch } from "./watch.ts";

export interface Live {
  readonly screen: Screen;
  readonly watch: Watch;
  readonly runtime: Runtime;
  readonly url: string;
  readonly intervalMs: number;
  /** That is shown first. */
  readonly gate: string;
  /** Aborted when somebody leaves: what is being asked is of no use then. */
  readonly left: AbortController;
}

/**
 * Until somebody leaves. Its first look has been had.
 *
 * @returns The gate that was shown last.
 */
export async function live({ screen, watch, runtime, url, intervalMs, gate, left }: Live): Promise<string> {
  const paint = painter(screen.colours);
  let shown = gate;
  let isPaused = false;
  let nap = new AbortController();
  const draw = () => {
    const situation = {
      url,
      intervalSeconds: intervalMs / 1_000,
      trouble: watch.trouble?.message ?? null,
      isPaused,
      hasKeys: screen.hasKeys,
    };
    screen.draw(screenOf(watch.figures(shown), situation, screen.size()).map((line) => painted(line, paint)));
  };
  const keys: Readonly<Record<string, () => void>> = {
    q: () => left.abort(),
    [CTRL_C]: () => left.abort(),
    n: () => {
      const gates = watch.gates();
      shown = gates[(gates.indexOf(shown) + 1) % gates.length] ?? shown;
    },
    p: () => {
      isPaused = !isPaused;
      // Whoever goes on wants to see what is now.
      if (!isPaused) nap.abort();
    },
  };
  screen.open({
    changed: draw,
    key: (key) => {
      keys[key]?.();
      draw();
    },
  });
  try {
    while (!left.signal.aborted) {
      draw();
      nap = new AbortController();
      await sleep(runtime, intervalMs, AbortSignal.any([nap.signal, left.signal])).catch(() => {});
      if (!isPaused && !left.signal.aborted) await watch.look();
    }
  } finally {
    screen.close();
  }
  return shown;
}
