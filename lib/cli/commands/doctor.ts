/**
 * `tidegate doctor`: looks at everything that the environment names, from where it runs, and says what to mend.
 *
 * Map of `cli/doctor`, whose rows are `check`s: of the environment `configuration`, `names` and `secrets`; of the
 * database (`database`, with the driver by a `visit`) `postgres`, its `pooler`, `deadlines` and `connections`; of the
 * store (`store`) `redis` with its `redis-servers`, `upstash`, `server-info`, `answers` and a `trial`; the `clock` of
 * both; `hook`, of `every-hook`, and `audit`.
 */
import { type Config, ConfigError, readConfig } from "../../config.ts";
import { createRedactor } from "../../log/redaction.ts";
import { type Command, EXIT, type Finding, type Given, type World } from "../command.ts";
import { checkAudit } from "../doctor/audit.ts";
import { type Check, checked } from "../doctor/check.ts";
import { checkConfiguration, faultChecks } from "../doctor/configuration.ts";
import { checkDatabase } from "../doctor/database.ts";
import { checkHook } from "../doctor/hook.ts";
import { checkNames } from "../doctor/names.ts";
import { checkSecrets } from "../doctor/secrets.ts";
import { checkStore } from "../doctor/store.ts";
import { columns } from "../text.ts";

export const doctor: Command = {
  name: "doctor",
  words: "",
  mostWords: 0,
  summary: "Checks configuration, secrets, database, store, audit, clocks and restart hook, and says what to mend.",
  findingMeans: "something fails (with --strict: or is a warning)",
  options: { strict: { help: "end with 1 for warnings too" } },
  more: [
    "Reads the environment as the application does; run it with the same one, where the application runs. Nothing",
    "is changed; a shared store is tried upon scratch keys, which are gone soon after.",
    "Example:  node --env-file=.env $(which tidegate) doctor",
  ],
  run: async (given, world) => {
    const checks = await examine(world);
    return findingOf(checks, given);
  },
};

async function examine({ env, runtime }: World): Promise<readonly Check[]> {
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return faultChecks(error);
  }
  const { text: redact } = createRedactor({ secrets: config.secrets });
  const groups = await Promise.all([
    checkConfiguration(config),
    checkNames(env),
    checkSecrets(config),
    checked("database", "check DATABASE_URL", () => checkDatabase(config, runtime)),
    checked("store", "check STATE_URL", () => checkStore(config, runtime)),
    checkAudit(config, runtime),
    checked("restart hook", "check RESTART_HOOK and its variables", () =>
      checkHook(config, new AbortController().signal),
    ),
  ]);
  return groups.flat().map((check) => ({ ...check, found: shortened(redact(check.found)) }));
}

/** What answers in place of a database or a store may be a whole page. */
const LONGEST_FOUND = 500;
const shortened = (text: string): string => (text.length > LONGEST_FOUND ? `${text.slice(0, LONGEST_FOUND)}…` : text);

const TONES = { ok: "good", warn: "warn", fail: "bad" } as const;

function findingOf(checks: readonly Check[], given: Given): Finding {
  const count = (verdict: Check["verdict"]) => checks.filter((check) => check.verdict === verdict).length;
  const isBad = count("fail") > 0 || (given.has("strict") && count("warn") > 0);
  return {
    exit: isBad ? EXIT.finding : EXIT.fine,
    json: { checks, failed: count("fail"), warned: count("warn") },
    text: (paint) => {
      const rows = columns(checks.map(({ about, verdict, found }) => [verdict, about, found]));
      return [
        ...checks.flatMap(({ verdict, remedy }, at) => {
          const row = rows[at] ?? "";
          const word = paint(TONES[verdict], verdict);
          return [word + row.slice(verdict.length), ...(remedy === null ? [] : [`      → ${remedy}`])];
        }),
        `${count("ok")} fine, ${count("warn")} to look at, ${count("fail")} to mend`,
      ];
    },
  };
}
