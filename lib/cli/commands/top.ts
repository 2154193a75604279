/**
 * `tidegate top`: the fleet as it is now, again and again: on a terminal a screen, elsewhere a line each time.
 *
 * Map of the folder `top`: `reader` asks the instance, `samples` takes its figures apart, `growth` compares two moments;
 * `figures` is what is shown, `words` says it, `plain-line` in a line and `view` on a screen, of whose `lines` each fits;
 * `watch` keeps the last readings, and `live` is the screen while somebody looks.
 */
import { sleep } from "../../time.ts";
import { seconds, whole } from "../arguments.ts";
import type { Command, Finding, World } from "../command.ts";
import { baseOf, SERVER_OPTIONS, serverOf } from "../server.ts";
import { jsonLine, painter } from "../text.ts";
import { live } from "../top/live.ts";
import { readerOf } from "../top/reader.ts";
import { checkGate, findingOf, type Watch, watchOf } from "../top/watch.ts";

const DEFAULT_INTERVAL_SECONDS = 2;
const LONGEST_INTERVAL_SECONDS = 3_600;
const MOST_LINES = 1_000_000;
/** Whoever looks on does not wait for long. */
const TIMEOUT_SECONDS = 5;

export const top: Command = {
  name: "top",
  words: "",
  mostWords: 0,
  summary: "Shows the fleet live: lanes, rates, durations, breaker, instances, events.",
  findingMeans: "degraded, or unhealthy, when it was seen last",
  options: {
    interval: { value: "TIME", help: `from one look to the next; default ${DEFAULT_INTERVAL_SECONDS} s` },
    gate: { value: "NAME", help: "which gate first; default main" },
    count: { value: "N", help: "write so many lines instead of a screen, and end" },
    ...SERVER_OPTIONS,
    "token-file": { value: "FILE", help: "a file with an admin's or a monitor's token; default TIDEGATE_TOKEN" },
    timeout: { value: "TIME", help: `longest wait for an answer; default ${TIMEOUT_SECONDS} s` },
  },
  more: [
    [
      "On a terminal it is one screen: q or Ctrl-C leaves, n shows the next gate, p pauses. Elsewhere, and with --count or",
      "--json, it writes a line for each interval, the first after the first interval.",
    ].join("\n"),
    [
      "Rates are the fleet's, since the look before, whichever instance answers. Durations (p50, p95, p99), http and what",
      "is kept at hand are of the instance that answers: name one, not a load balancer, to read them.",
    ].join("\n"),
    "A monitor's token is enough, but for the list of instances, the events, and who has forced a breaker.",
    "Example:  TIDEGATE_TOKEN=… tidegate top --url https://fab.example --interval 5",
  ],
  run: async (given, world) => {
    const { screen, runtime } = world;
    const intervalMs = (seconds(given, "interval", LONGEST_INTERVAL_SECONDS) ?? DEFAULT_INTERVAL_SECONDS) * 1_000;
    const count = whole(given, "count", 1, MOST_LINES);
    const gate = given.text("gate") ?? "main";
    const left = new AbortController();
    const server = serverOf(given, world, { signal: left.signal, timeoutSeconds: TIMEOUT_SECONDS });
    const watch = watchOf(readerOf(server, runtime), left.signal);
    await watch.look();
    checkGate(watch, gate);
    const isJson = given.has("json");
    if (screen === null || isJson || count !== undefined) {
      return lines(watch, gate, { world, intervalMs, isJson, count: count ?? Number.POSITIVE_INFINITY });
    }
    const url = baseOf(given, world).href.replace(/\/$/, "");
    await live({ screen, watch, runtime, url, intervalMs, gate, left });
    // All of it was seen.
    return { ...findingOf(watch, gate), text: () => [] };
  },
};

interface Lines {
  readonly world: World;
  readonly intervalMs: number;
  readonly isJson: boolean;
  readonly count: number;
}

/** The last one is what was found. */
async function lines(watch: Watch, gate: string, { world, intervalMs, isJson, count }: Lines): Promise<Finding> {
  const paint = painter(world.colours);
  for (let written = 1; ; written += 1) {
    await sleep(world.runtime, intervalMs);
    await watch.look();
    const finding = findingOf(watch, gate);
    if (written >= count) return finding;
    const { exit, json, text } = finding;
    if (isJson) world.print(jsonLine({ ...json, exit_code: exit }));
    else for (const line of text(paint)) world.print(line);
  }
}
