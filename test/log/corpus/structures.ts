import { inspect } from "node:util";
import { type Make, type Shape, shape } from "./fakes.ts";

/** Secrets in values rather than text. Each is tried as a value, as JSON, as JSON within JSON, and as `util.inspect` prints it. */
const values: Readonly<Record<string, (s: Make) => unknown>> = {
  property: (s) => ({ host: "db", password: s() }),
  nested: (s) => ({ db: { auth: { user: "app", pass: s() } } }),
  "list under a name": (s) => ({ tokens: [s(), s()] }),
  "object under a name": (s) => ({ password: { current: s(), next: s() } }),
  "name and value": (s) => ({ env: [{ name: "DB_PASSWORD", value: s() }] }),
  "value and name": (s) => ({ env: [{ value: s(), name: "DB_PASSWORD" }] }),
  "key and value": (s) => ({ key: "client_secret", value: s() }),
  "Name and Value": (s) => ({ Environment: [{ Name: "API_TOKEN", Value: s() }] }),
  "ParameterKey and ParameterValue": (s) => ({ ParameterKey: "DBPassword", ParameterValue: s() }),
  "OutputKey and OutputValue": (s) => ({ OutputKey: "DatabasePassword", OutputValue: s() }),
  "har header": (s) => ({ headers: [{ name: "Cookie", value: `a="b"; sid=${s()}` }] }),
  pair: (s) => ["password", s()],
  entries: (s) => ({
    entries: [
      ["host", "db"],
      ["password", s()],
    ],
  }),
  "raw headers": (s) => ({
    rawHeaders: ["Host", "h.example", "Authorization", `Bearer ${s()}`, "Cookie", `a="b"; sid=${s()}`],
  }),
  "argv with a flag": (s) => ({ argv: ["node", "app.ts", "--password", s(), "--port", "80"] }),
  "argv with =": (s) => ({ argv: ["node", "app.ts", `--password=${s()}`] }),
  "argv of mysql": (s) => ({ argv: ["mysql", "-u", "root", `-p${s()}`] }),
  "argv of curl": (s) => ({ argv: ["curl", "-u", `app:${s()}`, "https://h.example"] }),
  "argv of redis-cli": (s) => ({ argv: ["redis-cli", "-a", s(), "ping"] }),
  "redis command": (s) => ({ command: ["AUTH", "default", s()] }),
  "redis command, name and args": (s) => ({ command: { name: "auth", args: [s()] } }),
  "environment list": (s) => ({ Env: ["PATH=/bin", `POSTGRES_PASSWORD=${s()}`] }),
  "headers object": (s) => ({
    headers: { host: "h", authorization: `Digest username="u", response="${s(32, "hex")}"`, "x-api-key": s() },
  }),
  "headers with lists": (s) => ({ headers: { "set-cookie": [`sid=${s()}; Path=/`, `b=${s()}`] } }),
  "axios config": (s) => ({ config: { auth: { username: "u", password: s() }, url: `https://h/p?token=${s()}` } }),
  "connection string": (s) => ({ connectionString: `postgres://app:${s()}@db/app` }),
  "query object": (s) => ({ query: { page: "1", access_token: s() } }),
  "a long name": (s) => ({ stripeWebhookSigningSecret: s() }),
  "a number as secret": (s) => ({ otp: s(6, "digits") }),
  "body as text": (s) => ({ body: JSON.stringify({ grant_type: "x", client_secret: s() }) }),
  "form body": (s) => ({ body: `user=app&password=${s()}&a=b` }),
  "operator reason": (s) => ({ reason: `moved to postgres://app:${s()}@db/app, password=${s()}` }),
};

const printings: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ["value", (value) => value],
  ["json", (value) => `got ${JSON.stringify(value)}`],
  ["json in json", (value) => JSON.stringify({ message: JSON.stringify(value) })],
  ["indented json", (value) => JSON.stringify(value, null, 2)],
  ["inspected", (value) => `got ${inspect(value, { depth: 9, breakLength: 72 })}`],
];

const platform: readonly Shape[] = [
  shape("map", (s) => new Map([["password", s()]])),
  shape("map of headers", (s) => new Map([["cookie", `a="b"; sid=${s()}`]])),
  shape("Headers", (s) => new Headers({ authorization: `Bearer ${s()}`, accept: "*/*" })),
  shape("URLSearchParams", (s) => new URLSearchParams({ token: s(), a: "b" })),
  shape("URL", (s) => new URL(`https://app:${s()}@h.example/?token=${s()}`)),
  shape("error", (s) => new Error(`connect to postgres://app:${s()}@db failed`)),
  shape("cause", (s) => new Error("no", { cause: new Error(`password=${s()}`) })),
  shape("error with properties", (s) =>
    Object.assign(new Error("no"), { config: { headers: { Authorization: `Bearer ${s()}` } } }),
  ),
];

export const structures: readonly Shape[] = [
  ...Object.entries(values).flatMap(([name, value]) =>
    printings.map(([printing, print]) => shape(`structure ${name}, ${printing}`, (s) => print(value(s)))),
  ),
  ...platform,
];
