/** `tidegate kept`: shows what is kept in the instance that answers, or has the fleet forget some of it. */
import type { AnyVersion } from "../../contract/contract.ts";
import type { Forgotten, KeptStatus } from "../../contract/kept.ts";
import type { SystemStatus } from "../../contract/system.ts";
import type { ForgetBody } from "../../http/routes/admin/kept.ts";
import { type Command, CommandError, EXIT, type Finding, type Given, wrongUsage } from "../command.ts";
import { SERVER_OPTIONS, serverOf } from "../server.ts";
import { columns } from "../text.ts";

const MEANT: Readonly<Record<Forgotten["by"], string>> = {
  key: "the answer of the key",
  tag: "all answers of the tag",
  prefix: "all answers whose keys begin with",
};
const FORGET_BY = Object.keys(MEANT) as Forgotten["by"][];

export const kept: Command = {
  name: "kept",
  words: "[forget]",
  mostWords: 1,
  summary: "Shows what is kept of answers, or forgets some of it before its time.",
  findingMeans: "refused",
  options: {
    key: { value: "TEXT", help: "forgets the answer of that key" },
    tag: { value: "TEXT", help: "forgets all answers of that tag" },
    prefix: { value: "TEXT", help: "forgets all answers whose keys begin so" },
    reason: { value: "TEXT", help: "why, for the audit; needed to forget" },
    ...SERVER_OPTIONS,
  },
  more: [
    [
      "One of --key, --tag and --prefix says what to forget, for the whole fleet: answers that were asked for before.",
      "The key of a route's answer is its method, path, query and Accept, such as GET /reports?line=7 */*, so that",
      '--prefix "GET /reports" is all of that path and of those below. Without a word, what is kept is that of the',
      "instance that answers.",
    ].join("\n"),
    'Example:  tidegate kept forget --tag catalogue --reason "prices were wrong"',
  ],
  run: async (given, world) => {
    const [word] = given.words;
    if (word === undefined) {
      const surplus = [...FORGET_BY, "reason"].find((option) => given.text(option) !== undefined);
      if (surplus !== undefined) throw wrongUsage(`--${surplus} goes with a word.`, "There is forget.");
      const system = await serverOf(given, world).get<AnyVersion<SystemStatus>>("/admin/api/system-status");
      return shown(system.kept);
    }
    if (word !== "forget") throw wrongUsage("tidegate kept: there is no such word.", "There is forget.");
    const body = bodyOf(given);
    return forgotten(await serverOf(given, world).post<Forgotten>("/admin/api/kept/forget", body));
  },
};

function bodyOf(given: Given): ForgetBody {
  const named = FORGET_BY.flatMap((by) => {
    const value = given.text(by);
    return value === undefined ? [] : [[by, value] as const];
  });
  const reason = given.text("reason");
  if (named.length !== 1) {
    throw wrongUsage(
      `tidegate kept forget: one of --key, --tag and --prefix is needed, found ${named.length}.`,
      "Say what to forget: --tag catalogue.",
    );
  }
  if (reason === undefined) {
    throw wrongUsage("tidegate kept forget: a reason is needed.", "Say why, for the audit: --reason TEXT.");
  }
  return { ...Object.fromEntries(named), reason };
}

const forgotten = (said: Forgotten): Finding => ({
  exit: EXIT.fine,
  json: { forgotten: said },
  text: () => [
    `forgotten: ${MEANT[said.by]} ${said.value}`,
    "Other instances heed it within a second of their next request.",
  ],
});

/** Another version of the application may not say it. */
function shown(seen: AnyVersion<KeptStatus> | undefined): Finding {
  if (seen === undefined) {
    throw new CommandError(EXIT.finding, "The application does not say what is kept.", "It is of another version.");
  }
  const { entries, bytes, served_stale_last_minute: stale, oldest_served_seconds: oldest, answers = {} } = seen;
  const counts = Object.entries(answers).map(([how, count]) => `${how} ${count}`);
  return {
    exit: EXIT.fine,
    json: { kept: seen },
    text: () =>
      columns([
        ["at hand", `${entries} ${entries === 1 ? "answer" : "answers"}, ${bytes} bytes`],
        ["stale in the last minute", stale ? `${stale}, the oldest ${oldest} s old` : "none"],
        ["since the instance began", counts.join(", ")],
      ]),
  };
}
