/** Figures in words, for the screen and for plain lines. */
import type { Tone } from "../command.ts";
import { duration } from "../text.ts";
import { VERDICT_TONES } from "../verdict.ts";
import type { Figures, Forced, GateEvent, GateFigures } from "./figures.ts";
import type { Durations, Rates } from "./growth.ts";
import type { Piece } from "./lines.ts";

/** In the place of what is not known. */
export const UNKNOWN = "-";

/** `half_open`, for people. */
export const plain = (code: string): string => code.replaceAll("_", " ");

export const whole = (value: number | null): string => (value === null ? UNKNOWN : String(Math.round(value)));

/** For how long, from 1 s on. */
export const ago = (seconds: number | null): string => (seconds === null ? UNKNOWN : duration(seconds * 1_000));

/** The last bound of the buckets: what is beyond it is told as it. */
const LONGEST_SECONDS = 60;

/** `0.8 ms`, `25 ms`, `1.2 s`. */
export function took(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds >= LONGEST_SECONDS) return `>${LONGEST_SECONDS} s`;
  if (seconds < 0.00995) return `${(seconds * 1_000).toFixed(1)} ms`;
  return seconds < 0.9995 ? `${Math.round(seconds * 1_000)} ms` : duration(seconds * 1_000);
}

/** `0`, `0.3`, `12`, `12.3k`; `<0.1` is more than nothing. */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return UNKNOWN;
  if (perSecond === 0) return "0";
  if (perSecond < 0.05) return "<0.1";
  if (perSecond < 9.95) return perSecond.toFixed(1);
  return perSecond < 9_999.5 ? String(Math.round(perSecond)) : `${(perSecond / 1_000).toFixed(1)}k`;
}

/** Of a word that was never counted where others are: 0. */
export const rateIn = (rates: Rates | null, word: string): number | null => rates && (rates[word] ?? 0);

export const sumOf = (rates: Rates | null): number | null =>
  rates && Object.values(rates).reduce((sum, value) => sum + value, 0);

/** `open 12, full 3.0`, the most first; empty where there are none. */
export const parts = (rates: Rates | null): string =>
  Object.entries(rates ?? {})
    .filter(([, value]) => value > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([word, value]) => `${plain(word)} ${rate(value)}`)
    .join(", ");

/** `p50 12 ms, p95 40 ms, p99 0.2 s`; empty where nothing has ended. */
export const percentiles = (seen: Durations | null): string =>
  seen === null || seen.p50_seconds === null
    ? ""
    : `p50 ${took(seen.p50_seconds)}, p95 ${took(seen.p95_seconds)}, p99 ${took(seen.p99_seconds)}`;

const BREAKER_TONES: Readonly<Record<string, Tone>> = { closed: "good", open: "bad", half_open: "warn" };
export const stateTone = (state: string): Tone => BREAKER_TONES[state] ?? "warn";

export function verdict({ health: { status, degraded_reason: reason } }: Figures): Piece {
  if (status === null) return ["warn", "unknown"];
  return [VERDICT_TONES[status], reason === null ? status : `${status} (${reason})`];
}

/** What becomes of an open breaker by itself. */
export function next({ breaker: { state, open_remaining_seconds: left } }: GateFigures): string {
  if (state === "half_open") return "probes decide whether it closes";
  if (state !== "open" || left === null) return "";
  return left > 0 ? `probes may pass in ${ago(left)}` : "probes may pass now";
}

/** Who it was, and why, is told to admins alone. */
export const forcedBy = ({ mode, until, actor, reason }: Forced): string =>
  actor === undefined ? `${mode}` : `${mode} until ${until} by ${actor}: ${reason}`;

export function restarts({ restarts: policy }: Figures): string {
  if (policy === null) return UNKNOWN;
  return policy.state === "cooldown" ? `cooldown, ${policy.cooldown_remaining_seconds} s left` : policy.state;
}

export function happened(event: GateEvent): string {
  switch (event.kind) {
    case "transition":
      return `${plain(event.from ?? "")} -> ${plain(event.to ?? "")}: ${plain(event.cause ?? "")}`;
    case "override":
      return `${event.mode} by ${event.actor}: ${event.reason}`;
    case "would_open":
      return `would have opened: ${plain(event.cause ?? "")}`;
    case "life":
      return "began anew: its store had lost it";
    default:
      return UNKNOWN;
  }
}

/** `2026-01-31 12:00:53`, of a time in UTC. */
export const moment = (iso: string | undefined): string => (iso ?? UNKNOWN).slice(0, 19).replace("T", " ");
