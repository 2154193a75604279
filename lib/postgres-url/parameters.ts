/**
 * The parameters of PostgreSQL URLs, as libpq, Prisma, postgres.js and the hosts that hand URLs out write them: what each
 * means here. What nobody here knows is a setting of the server, such as `search_path` or `lock_timeout`, unless its name
 * says that it was meant for a client: the server would refuse that with every connection.
 */
import type { Draft, SslMode } from "./draft.ts";

/** Takes a parameter's value in; returns why it cannot, and what to do. */
type Meaning = (value: string, draft: Draft, parameter: string) => string | undefined;

const SSL_MODES: Readonly<Record<string, SslMode>> = {
  disable: "disable",
  allow: "allow",
  prefer: "prefer",
  require: "require",
  "no-verify": "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};
const SESSIONS = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];
/** Words of libpq, JavaScript and people. */
const isOff = (value: string): boolean => /^(?:0|false|off|no|disable)$/i.test(value);

/** Of no effect here: what it is about does not exist, or is so in any case. */
const nothing: Meaning = () => undefined;

/** The environment has the word on it. */
const elsewhere =
  (variables: string): Meaning =>
  (_value, draft, parameter) => {
    draft.notes.push({
      parameter,
      message: "is not followed: the environment decides about that",
      remedy: `set ${variables}, and take it out`,
    });
    return undefined;
  };

const into =
  (field: "host" | "hostaddr" | "port" | "user" | "password" | "database"): Meaning =>
  (value, draft) => {
    draft[field] = value || null;
    return undefined;
  };

const oneOf =
  (known: readonly string[], take: Meaning = nothing): Meaning =>
  (value, draft, parameter) =>
    known.includes(value) ? take(value, draft, parameter) : `use one of ${known.join(", ")}`;

const never =
  (why: string): Meaning =>
  () =>
    why;

/** Fine while nothing is asked for. */
const onlyOff =
  (why: string): Meaning =>
  (value) =>
    isOff(value) || value === "prefer" ? undefined : why;

const pooled =
  (isAsked: (value: string) => boolean): Meaning =>
  (value, draft) => {
    draft.isPooled ||= isAsked(value);
    return undefined;
  };

const sslMode: Meaning = (value, draft) => {
  draft.sslMode = SSL_MODES[value] ?? null;
  return undefined;
};

const tlsFile =
  (option: string): Meaning =>
  (value, draft) => {
    draft.tlsFiles[option] = value;
    return undefined;
  };
const tlsOption =
  (option: string): Meaning =>
  (value, draft) => {
    draft.tlsOptions[option] = value;
    return undefined;
  };

const keepAlive: Meaning = (value, draft) => {
  if (!/^\d{1,5}$/.test(value)) return "it must be whole seconds";
  if (Number(value) > 0) draft.keepAlive = Number(value);
  return undefined;
};

const SSL: Meaning = (value, draft, parameter) => {
  if (/^(?:1|true|on|yes)$/i.test(value)) draft.sslMode = "verify-full";
  else if (isOff(value)) draft.sslMode = "disable";
  else return oneOf(Object.keys(SSL_MODES), sslMode)(value, draft, parameter);
  return undefined;
};

/** It binds the log-on to the certificate; checking the certificate does as much against who stands in between. */
const channelBinding: Meaning = (value, draft, parameter) => {
  if (value !== "require") return undefined;
  draft.notes.push({
    parameter,
    message: "is not followed: the driver has no channel binding",
    remedy: "set sslmode=verify-full, which proves who the server is, and take it out",
  });
  return undefined;
};

const setting =
  (name: string, form = (value: string) => value): Meaning =>
  (value, draft) => {
    draft.settings[name] = form(value);
    return undefined;
  };

const POOL_SIZE = elsewhere("DB_POOL_SIZE and DB_MAX_OVERFLOW");
const AS_WRITTEN = "write user, password, host and database into the URL";

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["host", into("host")],
  ["hostaddr", into("hostaddr")],
  ["port", into("port")],
  ["user", into("user")],
  ["password", into("password")],
  ["dbname", into("database")],
  ["service", never(AS_WRITTEN)],
  ["servicefile", never(AS_WRITTEN)],
  ["passfile", never(AS_WRITTEN)],

  ["sslmode", oneOf(Object.keys(SSL_MODES), sslMode)],
  ["ssl", SSL],
  ["requiressl", (value, draft) => (isOff(value) ? undefined : sslMode("require", draft, "requiressl"))],
  [
    "sslrootcert",
    (value, draft, name) =>
      value === "system" ? sslMode("verify-full", draft, name) : tlsFile("ca")(value, draft, name),
  ],
  ["sslcert", tlsFile("cert")],
  ["sslkey", tlsFile("key")],
  ["sslcrl", tlsFile("crl")],
  ["sslpassword", tlsOption("passphrase")],
  ["ssl_min_protocol_version", tlsOption("minVersion")],
  ["ssl_max_protocol_version", tlsOption("maxVersion")],
  [
    "sslnegotiation",
    oneOf(["postgres", "direct"], (value, draft) => {
      draft.sslDirect = value === "direct";
      return undefined;
    }),
  ],
  ["sslcompression", nothing],
  ["sslsni", nothing],
  [
    "sslaccept",
    oneOf(["strict", "accept_invalid_certs"], (value, draft, name) =>
      sslMode(value === "strict" ? "verify-full" : "require", draft, name),
    ),
  ],
  ["channel_binding", oneOf(["disable", "prefer", "require"], channelBinding)],
  ["gssencmode", onlyOff("the driver has no GSSAPI; take it out, and encrypt by sslmode")],
  ["gssdelegation", onlyOff("the driver has no GSSAPI; take it out")],
  ["gsslib", nothing],
  ["krbsrvname", nothing],
  [
    "require_auth",
    never("the driver logs on as the server asks for; take it out, and let the server decide in pg_hba.conf"),
  ],
  ["requirepeer", never("the driver does not look at who owns a socket; take it out")],

  [
    "keepalives",
    (value, draft) => {
      if (isOff(value)) draft.keepAlive = false;
      return undefined;
    },
  ],
  ["keepalives_idle", keepAlive],
  ["keep_alive", keepAlive],
  ["keepalives_interval", nothing],
  ["keepalives_count", nothing],
  ["tcp_user_timeout", nothing],
  [
    "target_session_attrs",
    oneOf(SESSIONS, (value, draft) => {
      draft.sessionAttributes = value === "any" ? null : value;
      return undefined;
    }),
  ],
  ["load_balance_hosts", onlyOff("hosts are tried in their order; take it out")],
  ["replication", onlyOff("a connection for replication runs no statements; take it out")],

  [
    "client_encoding",
    (value) => (/^(?:auto|utf-?8|unicode)$/i.test(value) ? undefined : "text is UTF-8 here; take it out"),
  ],
  ["fallback_application_name", nothing],
  ["schema", setting("search_path", (name) => `"${name.replaceAll('"', '""')}"`)],
  ["currentSchema", setting("search_path")],

  // The driver would take them for more than the permit's word: the guard alone decides about time and numbers.
  ["statement_timeout", elsewhere("DB_CALL_TIMEOUT_MS")],
  ["socket_timeout", elsewhere("DB_CALL_TIMEOUT_MS")],
  ["connect_timeout", elsewhere("DB_TCP_CONNECT_TIMEOUT")],
  ["pool_timeout", elsewhere("DB_POOL_TIMEOUT")],
  ["connection_limit", POOL_SIZE],
  ["max", POOL_SIZE],
  ["pool_size", POOL_SIZE],
  ["max_lifetime", elsewhere("DB_POOL_RECYCLE")],
  ["max_connection_lifetime", elsewhere("DB_POOL_RECYCLE")],

  ["pgbouncer", pooled((value) => !isOff(value))],
  ["pool_mode", pooled((value) => value !== "session")],
  ["prepare", pooled(isOff)],
  ["statement_cache_size", pooled((value) => value === "0")],
  ...["idle_timeout", "max_idle_connection_lifetime", "single_use_connections", "fetch_types", "backoff", "debug"].map(
    (name): [string, Meaning] => [name, nothing],
  ),
  ...["max_pipeline", "publications", "uselibpqcompat", "workaround", "supa"].map((name): [string, Meaning] => [
    name,
    nothing,
  ]),
]);

/** Names of clients' parameters begin so; the server has none that a client may set. */
const OF_A_CLIENT = /^(?:ssl|gss|krb|keepalive|pool|connection_|connect_|pgbouncer|target_|channel_)/i;

/** @returns Null; or what a URL needs that can be used, as the end of the sentence "it needs …". */
export function readParameters(query: string, draft: Draft): string | null {
  for (const [name, value] of new URLSearchParams(query)) {
    const meaning =
      MEANINGS.get(name) ?? (OF_A_CLIENT.test(name) ? never("nobody here knows it; take it out") : setting(name));
    const why = meaning(value, draft, name);
    // Only a mode or a number is shown: anything else may be a secret.
    const shown = /^[a-z_-]{1,20}$/i.test(value) && name !== "password" ? `${name}=${value}` : name;
    if (why !== undefined) return `a URL without the parameter ${shown}: ${why}`;
  }
  return null;
}
