/** Kept answers: what is at hand, and how callers were answered. */
import { html } from "hono/html";
import type { KeptStatus } from "../../../contract/kept.ts";
import type { SystemStatus } from "../../../contract/system.ts";
import type { Section } from "./live.ts";
import { fact, state, table } from "./words.ts";

type How = keyof KeptStatus["answers"];

const SAID: Readonly<Record<How, string>> = {
  loaded: "by their source",
  shared: "by the call of another who asked at the same time",
  fresh: "from what is kept, still fresh",
  refreshing: "from what is kept, while it was refreshed",
  stale: "from what is kept, since there was no new answer",
  missing: "not: there was no new answer, and nothing kept",
};

/** Of the instance that answers: behind a balancer, each look may be another's. */
export function keptSection({ kept }: SystemStatus, nowMs: number): Section {
  const { entries, bytes, served_stale_last_minute: stale, oldest_served_seconds: oldest, answers } = kept;
  const hows = Object.keys(SAID) as How[];
  const isUsed = entries > 0 || hows.some((how) => answers[how] > 0);
  const body = isUsed
    ? html`<dl class="facts">
${fact("At hand in this instance", `${entries} ${entries === 1 ? "answer" : "answers"}, ${Math.ceil(bytes / 1_024)} KiB`)}
${fact("Old ones given in the last minute", stale > 0 ? state(`${stale}`, "warn") : state("none", "good"))}
${stale > 0 ? fact("The oldest of these", `${oldest} s`) : ""}
</dl>
${table(
  "How callers were answered",
  ["Answered, since this instance began", "Callers"],
  hows.filter((how) => answers[how] > 0).map((how) => [SAID[how], answers[how]]),
  [1],
)}`
    : html`<p class="soft">Nothing is kept in this instance yet.</p>`;
  return { id: "kept", title: "Kept answers", asOf: new Date(nowMs).toISOString(), body };
}
