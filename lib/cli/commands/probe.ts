/** `tidegate probe URL`: reads a health endpoint as a monitor does, and says in a line what it found. */
import type { AnyVersion } from "../../contract/contract.ts";
import type { HealthAnswer } from "../../contract/health.ts";
import { type Answer, ask } from "../ask.ts";
import { type Command, CommandError, EXIT, type Finding, type Given, type World, wrongUsage } from "../command.ts";
import { PLUGIN, pluginLine } from "../nagios.ts";
import { timeoutOf, urlOf } from "../server.ts";
import { duration, percent } from "../text.ts";
import { checkSafeFor, tokenOf } from "../token.ts";

const DEFAULT_TIMEOUT_SECONDS = 10;

export const probe: Command = {
  name: "probe",
  words: "URL",
  mostWords: 1,
  summary: "Reads a health endpoint as a monitor does.",
  findingMeans: "degraded (unless --expect degraded-ok) or unhealthy",
  options: {
    expect: { value: "VERDICT", help: "healthy (the default), or degraded-ok" },
    timeout: { value: "TIME", help: `longest wait; default ${DEFAULT_TIMEOUT_SECONDS} s` },
    nagios: { help: "be a plugin of Nagios: one line, and 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN" },
    "token-file": { value: "FILE", help: "for /health/deep alone: a monitor's token; default TIDEGATE_TOKEN" },
    insecure: { help: "send that token over http:// to another machine" },
  },
  more: [
    "URL is the application's address, or that of one of its health endpoints; without a path, /health is read.",
    "The first line is one for Nagios and its like, figures after the bar; with --nagios there is no other. What cannot be",
    "found out is UNKNOWN: a line that is not understood, a token that is missing or refused, an answer of somebody else.",
    "Example:  tidegate probe https://fab.example --expect degraded-ok --timeout 5",
  ],
  run: async (given, world) => {
    const [word] = given.words;
    if (word === undefined) throw wrongUsage("tidegate probe: a URL is needed.", "Such as https://fab.example.");
    const expected = given.text("expect") ?? "healthy";
    if (expected !== "healthy" && expected !== "degraded-ok") {
      throw wrongUsage("--expect: healthy or degraded-ok is needed.", "Leave it out for healthy.");
    }
    const found = await read(given, world, urlOf(word, "URL"));
    return findingOf(found, expected === "degraded-ok", given.has("nagios"));
  },
};

export type Reading =
  | { readonly kind: "read"; readonly status: number; readonly payload: HealthPayload; readonly tookMs: number }
  /** Nobody answers, or somebody on its behalf. */
  | { readonly kind: "unreachable"; readonly error: CommandError }
  /** An answer that says nothing of its health. */
  | { readonly kind: "unknown"; readonly error: CommandError };

async function read(given: Given, world: World, url: URL): Promise<Reading> {
  if (url.pathname === "/") url.pathname = "/health";
  // The others are anybody's, and a token goes where it is needed.
  const token = url.pathname.endsWith("/deep") ? tokenOf(given, world) : null;
  if (token !== null) checkSafeFor(url, given.has("insecure"));
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  try {
    return readingOf(
      await ask({ url, headers, timeoutMs: timeoutOf(given, DEFAULT_TIMEOUT_SECONDS) }, world.runtime),
      url,
    );
  } catch (error) {
    if (error instanceof CommandError && error.exit === EXIT.unreachable) return { kind: "unreachable", error };
    throw error;
  }
}

/** What is looked at: a verdict, and whatever else there is. */
export type HealthPayload = AnyVersion<HealthAnswer> & Pick<HealthAnswer, "status">;

const VERDICTS: readonly unknown[] = ["healthy", "degraded", "unhealthy"] satisfies HealthAnswer["status"][];
const isHealth = (found: unknown): found is HealthPayload =>
  typeof found === "object" && found !== null && "status" in found && VERDICTS.includes(found.status);

function readingOf({ status, text, tookMs }: Answer, url: URL): Reading {
  const payload = parsed(text);
  if (isHealth(payload)) return { kind: "read", status, payload, tookMs };
  const error = new CommandError(
    EXIT.unreachable,
    `${url.href} answers ${status}, and not as health does.`,
    status === 401 || status === 403
      ? "A monitor's token is needed: set TIDEGATE_TOKEN."
      : "Check the URL: another application is there.",
  );
  // Whatever stands before it, or what is left of it, says that it is not there.
  return { kind: status >= 500 ? "unreachable" : "unknown", error };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function findingOf(reading: Reading, degradedIsFine: boolean, nagios: boolean): Finding {
  if (reading.kind !== "read") {
    const { kind, error } = reading;
    const { message, remedy } = error;
    const word = kind === "unknown" ? "UNKNOWN" : "CRITICAL";
    return {
      exit: nagios ? PLUGIN[word] : EXIT.unreachable,
      json: { verdict: kind, error: { message, remedy } },
      text: (paint) =>
        nagios ? [pluginLine(word, `${message} ${remedy}`)] : [pluginLine(paint("bad", word), message), remedy],
    };
  }
  const { payload, tookMs } = reading;
  // Nobody has looked at the database for a while: that is not "healthy", whatever else is.
  const unseen = payload.status === "healthy" && payload.services?.database === "unknown";
  const verdict = unseen ? "degraded" : payload.status;
  const word = verdict === "healthy" || (verdict === "degraded" && degradedIsFine) ? "OK" : WORDS[verdict];
  const advice = payload.resilience?.recovery_recommendation;
  const ageMs = payload.age_ms ?? 0;
  const saturation = payload.database_pool?.state?.saturation;
  const figures = [
    `time=${(tookMs / 1_000).toFixed(3)}s`,
    `age=${(ageMs / 1_000).toFixed(3)}s`,
    ...(saturation === undefined ? [] : [`saturation=${Math.round(saturation * 100)}%`]),
  ];
  const why = unseen ? " (database unknown)" : payload.degraded_reason ? ` (${payload.degraded_reason})` : "";
  const age = ` ${duration(ageMs)} old${payload.stale ? ", stale" : ""}`;
  return {
    exit: nagios ? PLUGIN[word] : word === "OK" ? EXIT.fine : EXIT.finding,
    json: { verdict, took_ms: Math.round(tookMs), http_status: reading.status, health: payload },
    text: (paint) => {
      const line = pluginLine(paint(TONES[word], word), `${verdict}${why},${age}`, figures);
      if (nagios) return [line];
      return [
        line,
        ...(saturation === undefined ? [] : [`pool    ${percent(saturation)} in use`]),
        ...(advice?.action === undefined ? [] : [`advice  ${advice.action}: ${advice.message ?? ""}`]),
      ];
    },
  };
}

const WORDS = { degraded: "WARNING", unhealthy: "CRITICAL" } as const;
const TONES = { OK: "good", WARNING: "warn", CRITICAL: "bad" } as const;
