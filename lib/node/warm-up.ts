/** Before a worker is let in, so that its first requests need not wait for what only the start takes. */
import type { Tidegate } from "../tidegate.ts";

/** The gate of a store that was away is asked again every half second. */
const SECOND_LOOK_MS = 600;
/** The shortest that a store takes for its own: where another's is longer, a second look is one too many, and no harm. */
const DEADLINE_MS = 250;

/** Connects to the store. One that takes longer than its deadline has a second chance; one that is away stops nobody. */
export async function warmUp(tide: Tidegate): Promise<void> {
  const { store } = tide.config;
  const lateAfterMs = (store.deadlineMs ?? DEADLINE_MS) - 1;
  if (store.kind === "memory") return;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
  }, lateAfterMs);
  await tide.view().catch(() => {});
  clearTimeout(timer);
  if (!late) return;
  await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  await tide.view().catch(() => {});
}
