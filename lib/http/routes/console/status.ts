/** The verdict and what to do about it, and who works. */
import { html } from "hono/html";
import type { SystemStatus } from "../../../contract/system.ts";
import type { Section } from "./live.ts";
import { countdown, fact, type Markup, plain, state, type Tone, table, time } from "./words.ts";

const LEVELS: Readonly<Record<string, Tone>> = { none: "good", observe: "warn", throttle: "warn", recover: "bad" };
const KNOWN: Readonly<Record<string, Tone>> = { ok: "good", error: "bad" };

/** As of when the verdict was made: it may be older than the rest. */
export function statusSection(
  { computed_at: asOf, database, state_store: store, runtime_resilience: resilience }: SystemStatus,
  nowMs: number,
): Section {
  const { degraded_reason: reason, recovery_recommendation: advice, pool_state: pool, thresholds } = resilience;
  const share = (ratio: number) => `${Math.round(ratio * 100)} %`;
  const body = html`<dl class="facts">
${fact("Service", verdict(reason))}
${fact("Database", html`${state(database.status, KNOWN[database.status] ?? "soft")} ${database.error ?? ""}`)}
${fact("State store", html`${state(store.status, KNOWN[store.status] ?? "soft")} ${store.kind}`)}
${fact("Pool in use", `${share(pool.saturation)} (warns at ${share(thresholds.pool_saturation_warning)}, critical at ${share(thresholds.pool_saturation_critical)})`)}
</dl>
<p>${state(`To do: ${plain(advice.action)}`, LEVELS[advice.level] ?? "soft")} ${advice.message}
${advice.next_action_at ? html`Next in ${countdown(advice.next_action_at, nowMs)}.` : ""}</p>`;
  return { id: "now", title: "Now", asOf, body };
}

function verdict(reason: string | null): Markup {
  if (reason === null) return state("healthy", "good");
  if (reason === "database_unreachable") return html`${state("unhealthy", "bad")} ${plain(reason)}`;
  return html`${state("degraded", "warn")} ${plain(reason)}`;
}

/** Who is silent for longer is worth a time; the others would change with every look. */
const PRESENT_MS = 30_000;

export function instancesSection({ instances, gates }: SystemStatus, nowMs: number): Section {
  const body =
    gates.main === null
      ? html`<p>${state("unknown", "soft")} The gate does not say who works.</p>`
      : table(
          "Instances",
          ["Id", "Runtime", "Version", "Started", "Last seen"],
          instances.map(({ id, runtime, version, started_at: started, last_seen_at: seen }) => [
            html`<code>${id.slice(0, 8)}</code>`,
            runtime,
            version,
            time(started),
            nowMs - Date.parse(seen) < PRESENT_MS ? `within ${PRESENT_MS / 1_000} s` : time(seen),
          ]),
        );
  return { id: "instances", title: "Instances", asOf: new Date(nowMs).toISOString(), body };
}
