/** Secrets that do for more than they were made for, or can be guessed. What `lib/config` refuses or warns of is not told again. */
import type { Config } from "../../config.ts";
import { UNGUESSABLE_CHARACTERS } from "../../http/auth/tokens.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ABOUT = "secrets";
const NEW_ONE = "openssl rand -base64 32 makes one";

interface Secret {
  /** For people, such as `ADMIN_TOKENS (ada)`. */
  readonly holder: string;
  readonly text: string;
}

export function checkSecrets(config: Config): readonly Check[] {
  const all = secretsOf(config);
  const bad = [...shared(all), ...(config.app.env === "production" ? short(config) : []), ...unshared(config)];
  if (bad.length > 0) return bad;
  return [ok(ABOUT, all.length === 0 ? "none is set" : `${all.length}, of which none is another`)];
}

const tokensOf = ({ access }: Config): Secret[] => [
  ...access.adminTokens.map(({ name, token }) => ({ holder: `ADMIN_TOKENS (${name})`, text: token })),
  ...access.monitorTokens.map(({ name, token }) => ({ holder: `MONITOR_TOKENS (${name})`, text: token })),
];

const single = (holder: string, text: string | null): Secret[] => (text === null ? [] : [{ holder, text }]);

const secretsOf = (config: Config): Secret[] => [
  ...tokensOf(config),
  ...single("CRON_SECRET", config.watchdog.cronSecret),
  ...single("SESSION_SECRET", config.access.sessionSecret),
  ...single("STATE_TOKEN", config.store.kind === "upstash" ? config.store.token : null),
];

/** Who knows one may do what the others are for. */
function shared(all: readonly Secret[]): Check[] {
  return [...Map.groupBy(all, ({ text }) => text).values()].flatMap((same) =>
    same.length < 2
      ? []
      : [fail(ABOUT, `${inWords(same)} are the same`, `replace them by secrets of their own: ${NEW_ONE}`)],
  );
}

function short(config: Config): Check[] {
  const tokens = [...tokensOf(config), ...single("CRON_SECRET", config.watchdog.cronSecret)];
  const found = tokens.filter(({ text }) => text.length < UNGUESSABLE_CHARACTERS);
  if (found.length === 0) return [];
  return [
    warn(
      ABOUT,
      `less than ${UNGUESSABLE_CHARACTERS} characters, and refused while somebody at the same address fails to log in: ${inWords(found)}`,
      `replace by longer ones: ${NEW_ONE}`,
    ),
  ];
}

/** Each process makes one for itself, or a supervisor for its workers; in production none does. */
function unshared({ app, access, store, listen }: Config): Check[] {
  const isMade = access.sessionSecret === null && (app.env === "staging" || app.env === "testing");
  const hasAdmins = access.adminTokens.length > 0 || access.oidc !== null || access.cloudflareAccess !== null;
  if (!isMade || !hasAdmins || store.expectedInstances <= (listen.workers ?? 1)) return [];
  const found = "SESSION_SECRET is not set: a login to the console is one at a single instance";
  return [warn(ABOUT, found, `set it, the same on every instance: ${NEW_ONE}`)];
}

const inWords = (secrets: readonly Secret[]): string => secrets.map(({ holder }) => holder).join(", ");
