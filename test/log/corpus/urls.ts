import { type Shape, shape } from "./fakes.ts";

/** Credentials in addresses: logins, queries, fragments, signed links, hooks whose path is the secret, and all of it encoded. */

const logins: readonly Shape[] = [
  shape("postgres", (s) => `cannot connect to postgres://app:${s()}@db.example:5432/app`, ["db.example:5432/app"]),
  shape("an @ in the password", (s) => `postgres://app:${s()}@${s()}@db.example/app`, ["db.example/app"]),
  shape("a slash in the password", (s) => `postgres://app:${s()}/${s()}@db.example/app`),
  shape("a hash and a question mark", (s) => `postgres://app:${s()}#${s()}?${s()}@db.example/app`),
  shape("no user", (s) => `redis://:${s()}@r.example:6379/0`, ["r.example:6379/0"]),
  shape("token as user", (s) => `fetching https://${s(40)}@git.example/a/b.git`, ["git.example/a/b.git"]),
  shape("oauth2 user", (s) => `https://oauth2:${s(26)}@git.example/a/b.git`, ["git.example/a/b.git"]),
  shape("mongodb+srv", (s) => `mongodb+srv://app:${s()}@c0.example/app?retryWrites=true`, ["c0.example/app"]),
  shape("amqp", (s) => `amqps://app:${s()}@mq.example/vhost`, ["mq.example/vhost"]),
  shape("sentry dsn", (s) => `SENTRY at https://${s(32, "hex")}@o1.ingest.example/42`, ["o1.ingest.example/42"]),
  shape("cloudinary", (s) => `cloudinary://123456789012345:${s(27)}@demo`),
  shape("oracle thin", (s) => `jdbc:oracle:thin:app/${s()}@//db.example:1521/APP`, ["db.example:1521/APP"]),
  shape("several hosts", (s) => `postgres://app:${s()}@a.example,b.example/app`, ["a.example,b.example/app"]),
  shape("no scheme", (s) => `//app:${s()}@db.example/app`, ["db.example/app"]),
];

const queries: readonly Shape[] = [
  "password",
  "token",
  "access_token",
  "api_key",
  "apikey",
  "client_secret",
  "sig",
  "signature",
  "X-Amz-Signature",
  "X-Amz-Security-Token",
  "X-Goog-Signature",
  "Signature",
  "auth",
  "jwt",
  "id_token",
  "ticket",
  "session",
  "hmac",
  "sas_token",
  "oauth_signature",
].map((name) =>
  shape(`query ${name}`, (s) => `GET https://h.example/p?page=2&${name}=${s(32, "hex")}&size=10 200`, [
    "h.example/p",
    "size=10",
    "200",
  ]),
);

const links: readonly Shape[] = [
  shape("jdbc query", (s) => `jdbc:postgresql://db.example/app?user=app&password=${s()}&ssl=true`, ["ssl=true"]),
  shape("fragment", (s) => `https://app.example/cb#access_token=${s(40)}&token_type=bearer`, ["token_type=bearer"]),
  shape("oauth code", (s) => `GET /oauth/callback?code=${s(32)}&state=${s(24)} 302`, ["/oauth/callback", "302"]),
  shape("azure sas", (s) => `https://a.blob.example/c/f?sv=2024-01-01&se=2026-01-01&sr=b&sp=r&sig=${s(43)}%3D`, [
    "a.blob.example/c/f",
  ]),
  shape(
    "s3 presigned",
    (s) =>
      `https://b.example/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${s(20, "upper")}%2F20260101&X-Amz-Signature=${s(64, "hex")}`,
  ),
  shape("cloudfront", (s) => `https://d.example/f?Policy=${s(80)}&Signature=${s(80)}&Key-Pair-Id=${s(14, "upper")}`),
  shape("encoded in a query", (s) => `/login?next=https%3A%2F%2Fh.example%2F%3Ftoken%3D${s()}%26a%3Db`, ["/login"]),
  shape("encoded twice", (s) => `/login?next=%252Fcb%253Faccess_token%253D${s()}%2526a%253Db`, ["/login"]),
  shape("encoded login", (s) => `url=postgres%3A%2F%2Fapp%3A${s()}%40db.example%2Fapp`, ["db.example"]),
  shape("encoded login, twice", (s) => `url=postgres%253A%252F%252Fapp%253A${s()}%2540db.example`),
  shape("encoded json", (s) => `/x?filter=%7B%22password%22%3A%22${s()}%22%7D`),
  shape("encoded name", (s) => `/x?pass%77ord=${s()}&a=b`, ["a=b"]),
  shape("encoded equals", (s) => `body: user%3Dapp%26password%3D${s()}%26a%3Db`),
  shape("encoded secret", (s) => `/x?password=${s()}%26${s()}%3D&a=b`, ["a=b"]),
  shape("encoded bearer", (s) => `/x?header=Authorization%3A%20Bearer%20${s(40)}`),
  shape("html entities", (s) => `<a href="/x?a=b&amp;token=${s()}&amp;c=d">`),
  shape("semicolon query", (s) => `/x;jsessionid=${s(32, "hex")}?a=b`),
  shape("unicode escapes", (s) => `"/x?a=b\\u0026token=${s()}\\u0026c=d"`),
  shape("reset path", (s) => `GET /reset-password/${s(40)} 200`, ["GET /reset-password/"]),
  shape("token path", (s) => `POST /v1/token/${s(40)}/verify 200`, ["/v1/token/", "/verify 200"]),
  shape("instance of a problem", (s) => JSON.stringify({ status: 404, instance: `/unsubscribe?token=${s()}` }), [
    "404",
    "/unsubscribe",
  ]),
];

const hooks: readonly Shape[] = [
  shape("slack webhook", (s) => `https://hooks.${"slack"}.com/services/T${s(10, "upper")}/B${s(10, "upper")}/${s(24)}`),
  shape(
    "slack workflow",
    (s) => `https://hooks.${"slack"}.com/triggers/T${s(10, "upper")}/${s(13, "digits")}/${s(32, "hex")}`,
  ),
  shape("discord webhook", (s) => `https://${"discord"}.com/api/webhooks/1234567890123456789/${s(68, "base64url")}`),
  shape("teams webhook", (s) => `https://x.webhook.${"office"}.com/webhookb2/a@b/IncomingWebhook/${s(32, "hex")}/c`),
  shape("telegram bot", (s) => `https://api.${"telegram"}.org/bot123456789:AA${s(33, "base64url")}/sendMessage`, [
    "/sendMessage",
  ]),
  shape("vercel hook", (s) => `https://api.vercel.com/v1/integrations/deploy/prj_abc/${s(24)}`),
  shape("netlify hook", (s) => `https://api.netlify.com/build_hooks/${s(24, "hex")}`),
  shape("render hook", (s) => `https://api.render.com/deploy/srv-abc?key=${s(11)}`),
  shape("cloudflare hook", (s) => `https://api.cloudflare.com/client/v4/pages/webhooks/deploy_hooks/${s(36, "hex")}`),
  shape("zapier hook", (s) => `https://hooks.zapier.com/hooks/catch/1234/${s(12)}/`),
  shape("google chat hook", (s) => `https://chat.googleapis.com/v1/spaces/A/messages?key=${s(39)}&token=${s(43)}`),
];

export const urls: readonly Shape[] = [...logins, ...queries, ...links, ...hooks];
