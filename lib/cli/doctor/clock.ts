/** This machine's clock against another's. */
import type { Config } from "../../config.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, ok, warn } from "./check.ts";

export interface Reading {
  /** How far the other is ahead of this machine's, if both ways took as long. */
  readonly aheadMs: number;
  /** There and back: the other one was read at some moment of that. */
  readonly tookMs: number;
}

/** This machine's is read in whole milliseconds. */
const GRAIN_MS = 1;

/** @param tell Answers with the other's time, in milliseconds since 1970. @throws what `tell` does. */
export async function readClock(tell: () => Promise<number>, runtime: Runtime): Promise<Reading> {
  const [wallAt, askedAt] = [runtime.wallMs(), runtime.monotonicMs()];
  const toldMs = await tell();
  const tookMs = runtime.monotonicMs() - askedAt;
  return { aheadMs: toldMs - (wallAt + tookMs / 2), tookMs };
}

/** By the fastest reading. Only what is beyond doubt is warned of. */
export function clockCheck(about: string, readings: readonly Reading[], { store }: Config): Check {
  const { aheadMs, tookMs } = readings.reduce((best, each) => (each.tookMs < best.tookMs ? each : best));
  const apartMs = Math.abs(aheadMs);
  const unsureMs = tookMs / 2 + GRAIN_MS;
  if (apartMs - unsureMs <= store.maxSkewMs)
    return ok(about, `within ${Math.ceil(apartMs + unsureMs)} ms of this machine's`);
  const found =
    `${Math.round(apartMs)} ms ${aheadMs > 0 ? "ahead of" : "behind"} this machine's (give or take ` +
    `${Math.ceil(unsureMs)}), where ${store.maxSkewMs} may be (STATE_MAX_SKEW_MS)`;
  return warn(about, found, "let both machines follow a time server: logins, limits and records go by their clocks");
}
