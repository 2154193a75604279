/** Credentials as programs and people write them, each with its secret told apart, and text that only looks like it. */
import * as fc from "fast-check";

export interface Sample {
  readonly shape: string;
  readonly text: string;
  readonly secret: string;
}

const ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join("");

const over = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
const without = (characters: string) => [...PRINTABLE].filter((one) => !characters.includes(one)).join("");

/** Any printable password. */
const anything = over(PRINTABLE, 8, 40);
/** One that is written without quotes: no quotes, separators or brackets, and not a placeholder. */
const bare = over(without("\"'`<>,;&|(){}[]\\$@:%?"), 8, 40);
const opaque = over(ALNUM, 20, 40).map((text) => `a1${text}`);
const name = over("abcdefghijklmnopqrstuvwxyz", 3, 10);

export const secretNames: fc.Arbitrary<string> = fc.constantFrom(
  ..."password passwd pwd secret token api_key api-key apikey authorization cookie client_secret access_token".split(
    " ",
  ),
  ..."refreshToken accessKey secretKey private_key PGPASSWORD DB_PASSWORD REDIS_TOKEN X-Api-Key passphrase".split(" "),
  ..."db.password spring.datasource.password AWS_SECRET_ACCESS_KEY session_token csrfToken credential jwt".split(" "),
);

type Shape = readonly [
  shape: string,
  secret: fc.Arbitrary<string>,
  write: (secret: string, word: string, key: string) => string,
];

const SHAPES: readonly Shape[] = [
  ["url", anything, (s, w) => `postgres://${w}:${encodeURIComponent(s)}@db.${w}.example:5432/${w}`],
  ["url without user", anything, (s, w) => `rediss://:${encodeURIComponent(s)}@${w}:6379/0`],
  ["url, raw", over(without("\"'`<>/?#\\@:"), 8, 40), (s, w) => `amqp://${w}:${s}@${w}/vhost`],
  ["url, raw slash", over(ALNUM, 6, 20).map((text) => `p${text}/x#y${text}`), (s, w) => `postgres://${w}:${s}@${w}/db`],
  ["url in JSON", anything, (s, w) => `{"url":"https:\\/\\/${w}:${encodeURIComponent(s)}@${w}\\/x"}`],
  ["key=value", bare, (s, w, k) => `${w}=1 ${k}=${s} ${w}=2`],
  ["key = value", bare, (s, w, k) => `${k} = ${s}\n${w} = 1`],
  ["key: value", bare, (s, w, k) => `${w}: 1\n${k}: ${s}\n`],
  ["key='value'", over(without("'\\"), 8, 40), (s, w, k) => `${w}=1 ${k}='${s}' ${w}=2`],
  ["json", anything, (s, w, k) => JSON.stringify({ [w]: 1, [k]: s, z: true })],
  ["json in json", anything, (s, w, k) => JSON.stringify({ body: JSON.stringify({ [w]: 1, [k]: s, z: true }) })],
  ["query", anything, (s, w, k) => `GET /${w}?a=1&${k}=${encodeURIComponent(s)}&z=2 HTTP/1.1`],
  ["java map", bare, (s, w, k) => `{${w}=1, ${k}=${s}, z=2}`],
  ["ruby hash", over(without('"\\'), 8, 40), (s, w, k) => `{:${w}=>1, "${k}"=>"${s}"}`],
  ["ado", bare, (s, w) => `Server=${w};Password=${s};Database=${w};`],
  ["libpq", anything, (s, w) => `host=${w} user=${w} password='${s.replace(/['\\]/g, "\\$&")}' dbname=${w}`],
  ["libpq, bare", bare, (s, w) => `host=${w} password=${s} dbname=${w}`],
  ["flag", bare.filter((s) => !/^[-=:]/.test(s)), (s, w) => `${w} --${w}-token ${s} --verbose`],
  ["basic", bare, (s, w) => `sent Basic ${btoa(`${w}:${s}`)} to ${w}`],
  ["bearer", opaque, (s, w) => `${w} Bearer ${s} ${w}`],
  ["header", bare, (s, w) => `Host: ${w}\r\nAuthorization: Custom ${s}\r\nAccept: */*`],
  ["cookie", bare, (s, w) => `Cookie: ${w}=1; sid=${s}\nAccept: */*`],
  ["jwt", opaque, (s, w) => `${w} eyJhbGciOiJIUzI1NiJ9.eyJ${s}.${s} ${w}`],
  ["aws id", over("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 16).map((t) => `AKIA${t}`), (s, w) => `${w} ${s} ${w}`],
  ["aws secret", over(`${ALNUM}+/`, 40, 40), (s) => `aws_secret_access_key = ${s}\n`],
  ["github", over(ALNUM, 35, 35).map((t) => `ghp_${t}1`), (s, w) => `${w}/${s}`],
  [
    "pem",
    over(`${ALNUM}+/`, 64, 64),
    (s) => `-----BEGIN RSA PRIVATE KEY-----\n${s}\n${s}\n-----END RSA PRIVATE KEY-----\n`,
  ],
  [
    "pem in json",
    over(ALNUM, 64, 64),
    (s) => JSON.stringify(`-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----`),
  ],
  ["oracle", over(without("\"'`<>,;/@"), 8, 30), (s, w) => `connect ${w}/${s}@${w}:1521/ORCL`],
  ["oracle, name", over(ALNUM, 8, 30), (s, w) => `sqlplus ${w}/${s}@db.${w}.example`],
  ["sql", over(without("'"), 8, 40), (s, w) => `ALTER ROLE ${w} WITH PASSWORD '${s}' LOGIN`],
  ["oracle sql", over(ALNUM, 8, 30), (s, w) => `ALTER USER ${w} IDENTIFIED BY ${s} ACCOUNT UNLOCK`],
];

export const credentials: fc.Arbitrary<Sample> = fc.oneof(
  ...SHAPES.map(([shape, secret, write]) =>
    fc
      .tuple(secret, name, secretNames)
      .map(([value, word, key]) => ({ shape, secret: value, text: write(value, word, key) })),
  ),
);

const uuid = fc.uuid();
const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((day) => day.toISOString());
const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join("/")}`);

export const lookAlikes: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(name, fc.nat())
    .map(([w, n]) => `token bucket ${w} refilled with ${n} tokens, max_tokens=${n}, tokens: ${n}`),
  name.map((w) => `The password policy of ${w} asks for a secret question; cookie consent and key rotation are next`),
  fc
    .tuple(name, name)
    .map(
      ([a, b]) =>
        `SELECT ${a}.id, token, password FROM ${a} JOIN ${b} ON ${a}.token = ${b}.token WHERE password = $1 AND key = ?`,
    ),
  name.map((w) => `UPDATE users SET password = crypt($2, gen_salt('bf')), token = NULL WHERE ${w} = $1`),
  name.map((w) => `CREATE TABLE ${w} (id bigint primary key, password text NOT NULL, token_count int DEFAULT 0)`),
  fc.tuple(date, uuid).map(([at, id]) => `${at} request ${id} done in 12:30:45.123`),
  fc.tuple(name, name).map(([a, b]) => `mail from ${a}@${b}.example.com to <${b}@${a}.org>`),
  path.map((p) => `cannot open ${p}/secret/token.ts:12:5 (PWD=${p})`),
  fc
    .tuple(name, fc.nat(65_535))
    .map(([w, port]) => `listening on http://${w}.example:${port}/path?x=1 and https://${w}@${w}.com/`),
  fc
    .tuple(name, name)
    .map(([a, b]) => `uses: ${a}/${b}@v4, npm i @${a}/${b}@1.2.3, pulled ${a}/${b}:latest, ${a}/${b}@main`),
  name.map((w) => `WWW-Authenticate: Bearer realm="${w}"; basic authentication of ${w} failed, Bearer token required`),
  fc
    .tuple(name, fc.nat())
    .map(([w, n]) => JSON.stringify({ [w]: n, primary_key: w, token_type: w, password_policy: w, tokens: n })),
  fc
    .tuple(name, name)
    .map(([a, b]) => `import { tokenize } from "${a}"; ${b}::token::text; author: ${a}; monkey=${b}; compass: ${a}`),
  over("0123456789abcdef", 64, 64).map((hash) => `sha256:${hash} ${hash.slice(0, 40)}`),
);
