/** `tidegate breaker`: shows the gates' breakers, or says a word to one of them. */
import type { AnyVersion } from "../../contract/contract.ts";
import type { GatePart, Overridden, SystemStatus } from "../../contract/system.ts";
import type { BreakerBody } from "../../http/routes/admin/breaker.ts";
import { seconds, whole } from "../arguments.ts";
import { type Command, EXIT, type Finding, type Given, wrongUsage } from "../command.ts";
import { breakerRows, inForce } from "../gate-rows.ts";
import type { Remedies } from "../refusals.ts";
import { SERVER_OPTIONS, serverOf } from "../server.ts";
import { columns } from "../text.ts";

const LONGEST_TTL_SECONDS = 86_400;

/** As they are typed, and as the contract has them. */
const MODES = {
  "force-open": "force_open",
  "force-closed": "force_closed",
  observe: "observe",
  auto: "auto",
  reset: "reset",
} as const;
type Word = keyof typeof MODES;

/** They are done at once. */
const ENDLESS: Readonly<Record<string, string>> = { auto: "by itself again", reset: "closed, and counts anew" };

export const breaker: Command = {
  name: "breaker",
  words: "[force-open|force-closed|observe|auto|reset]",
  mostWords: 1,
  summary: "Shows the breakers, forces one for a while, or resets it.",
  findingMeans: "refused; without a word: a breaker is not closed",
  options: {
    ttl: { value: "TIME", help: "how long it holds, up to 1d; needed, except with auto and reset" },
    reason: { value: "TEXT", help: "why, for the audit; needed" },
    gate: { value: "NAME", help: "which gate; default main" },
    "expect-version": { value: "N", help: "only if nobody has spoken since the word of this version" },
    ...SERVER_OPTIONS,
  },
  more: [
    [
      "force-open refuses every call, force-closed lets every call pass, observe too, but logs what the breaker would",
      "do; auto ends whichever is in force; reset ends it too, closes the breaker at once and forgets what it counted.",
      "The answer has the version of the word, and so has breaker without a word: --expect-version says nothing over",
      "whoever has spoken since.",
    ].join("\n"),
    'Example:  tidegate breaker force-open --ttl 15m --reason "the database is being moved"',
  ],
  run: async (given, world) => {
    const [word] = given.words;
    if (word === undefined) {
      for (const option of ["ttl", "reason", "expect-version"]) {
        if (given.text(option) !== undefined) {
          throw wrongUsage(`--${option} goes with a word.`, `There are ${Object.keys(MODES).join(", ")}.`);
        }
      }
      const { gates } = await serverOf(given, world).get<SystemStatus>("/admin/api/system-status");
      return shown(gates, given.text("gate"));
    }
    const body = bodyOf(word, given);
    const said = await serverOf(given, world).post<Overridden>("/admin/api/breaker", body, { remedies: REMEDIES });
    return spoken(word, said);
  },
};

/** Without a gate, `main` is meant. */
type Body = Omit<BreakerBody, "gate"> & Partial<Pick<BreakerBody, "gate">>;

function bodyOf(word: string, given: Given): Body {
  if (!Object.hasOwn(MODES, word)) {
    throw wrongUsage("tidegate breaker: there is no such word.", `There are ${Object.keys(MODES).join(", ")}.`);
  }
  const reason = given.text("reason");
  const ttlSeconds = seconds(given, "ttl", LONGEST_TTL_SECONDS);
  const expectedVersion = whole(given, "expect-version", 0, Number.MAX_SAFE_INTEGER);
  const gate = given.text("gate");
  if (reason === undefined)
    throw wrongUsage("tidegate breaker: a reason is needed.", "Say why, for the audit: --reason TEXT.");
  const isEndless = Object.hasOwn(ENDLESS, word);
  if (ttlSeconds === undefined && !isEndless) {
    throw wrongUsage(`tidegate breaker ${word}: an end is needed.`, "Say how long it holds: --ttl 15m.");
  }
  if (ttlSeconds !== undefined && isEndless) throw wrongUsage(`--ttl: ${word} has no end.`, "Leave it out.");
  return {
    mode: MODES[word as Word],
    reason,
    ...(gate !== undefined && { gate }),
    ...(ttlSeconds !== undefined && { ttl_seconds: ttlSeconds }),
    ...(expectedVersion !== undefined && { expected_version: expectedVersion }),
  };
}

const REMEDIES: Remedies = {
  NOT_FOUND: () => "tidegate breaker, without a word, shows the gates there are.",
  VALIDATION_ERROR: ({ reason }) =>
    reason === "stale_version"
      ? "Look at what was said (tidegate breaker), and decide anew, with the version that it shows."
      : undefined,
};

function spoken(word: string, said: Overridden): Finding {
  const { gate, override_version: version, forced } = said;
  return {
    exit: EXIT.fine,
    json: { breaker: said },
    text: () => [
      forced === null ? `${gate}: ${word}, ${ENDLESS[word] ?? ENDLESS.auto}` : `${gate}: ${inForce(forced)}`,
      `version ${version}: --expect-version ${version} says nothing over whoever speaks next`,
    ],
  };
}

function shown(gates: SystemStatus["gates"], only: string | undefined): Finding {
  const wanted = Object.entries(gates).filter(([name]) => only === undefined || name === only);
  if (wanted.length === 0) {
    throw wrongUsage("--gate: there is no gate of that name.", `There are ${Object.keys(gates).join(", ")}.`);
  }
  const isFine = wanted.every(([, gate]) => gate?.circuit_breaker.state === "CLOSED");
  return {
    exit: isFine ? EXIT.fine : EXIT.finding,
    json: { gates: Object.fromEntries(wanted) },
    text: (paint) =>
      columns(wanted.flatMap(([name, gate]) => [...breakerRows(name, gate, paint), ...versionRows(gate)])),
  };
}

/** Another version of the application may not say it. */
const versionRows = (gate: AnyVersion<GatePart> | null): string[][] =>
  gate?.override_version === undefined ? [] : [["", `version ${gate.override_version}`]];
