import { base64, fake, type Shape, shape } from "./fakes.ts";

/** Credentials in headers, as servers, clients and proxies of several languages print them. */

const plain: readonly Shape[] = [
  shape("cookie with a quoted value first", (s) => `Cookie: prefs="a,b"; sid=${s()}`),
  shape("cookie of several", (s) => `cookie: theme=dark; session=${s()}; csrftoken=${s(32)}; lang=de`),
  shape("set-cookie", (s) => `Set-Cookie: sid=${s()}; Path=/; HttpOnly; SameSite=Lax`),
  shape("set-cookie with quotes", (s) => `set-cookie: prefs="a b"; Path=/, auth="${s()}"; Secure`),
  shape("bearer", (s) => `Authorization: Bearer ${s(40, "base64url")}`),
  shape("basic", (s) => `Authorization: Basic ${s(28, "base64")}==`),
  shape(
    "digest",
    (s) =>
      `Authorization: Digest username="Mufasa", realm="r@h", nonce="${s(32, "hex")}", uri="/x", qop=auth, nc=00000001, cnonce="${s(8, "hex")}", response="${s(32, "hex")}", opaque="${s(32, "hex")}"`,
  ),
  shape(
    "oauth 1",
    (s) =>
      `Authorization: OAuth realm="", oauth_consumer_key="${s()}", oauth_token="${s()}", oauth_signature_method="HMAC-SHA1", oauth_signature="${s(27)}%3D", oauth_version="1.0"`,
  ),
  shape(
    "hawk",
    (s) => `Authorization: Hawk id="dh37", ts="1353832234", nonce="${s(6)}", ext="some-app", mac="${s(43, "base64")}="`,
  ),
  shape(
    "aws v4",
    (s) =>
      `Authorization: AWS4-HMAC-SHA256 Credential=${s(20, "upper")}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host;range;x-amz-date, Signature=${s(64, "hex")}`,
  ),
  shape("aws v2", (s) => `Authorization: AWS ${s(20, "upper")}:${s(27, "base64")}=`),
  shape("azure shared key", (s) => `Authorization: SharedKey account1:${s(43, "base64")}=`),
  shape(
    "service bus",
    (s) => `Authorization: SharedAccessSignature sr=https%3A%2F%2Fx.example&sig=${s(43)}%3D&se=1700000000&skn=Root`,
  ),
  shape("proxy-authorization", (s) => `Proxy-Authorization: Basic ${s(24, "base64")}`),
  shape("negotiate", (s) => `Authorization: Negotiate ${s(80, "base64")}==`),
  shape("ntlm", (s) => `Authorization: NTLM ${s(60, "base64")}`),
  shape("bare token", (s) => `Authorization: ${s(32, "hex")}`),
  shape('token="…"', (s) => `Authorization: Token token="${s(32, "hex")}", nonce="def"`),
  shape("ApiKey scheme", (s) => `Authorization: ApiKey ${s(44, "base64")}==`),
  shape("Splunk scheme", (s) => `Authorization: Splunk ${s(8, "hex")}-${s(12, "hex")}`),
  shape("GenieKey scheme", (s) => `Authorization: GenieKey ${s(8, "hex")}-${s(12, "hex")}`),
  shape("SSWS scheme", (s) => `Authorization: SSWS 00${s(40)}`),
  shape("DPoP scheme", (s) => `Authorization: DPoP ${s(60, "base64url")}`),
  shape(
    "http signature",
    (s) => `Signature: keyId="k1",algorithm="rsa-sha256",headers="date",signature="${s(86, "base64")}=="`,
  ),
  shape("webhook signature", (s) => `Webhook-Signature: v1,${s(43, "base64")}=`),
  shape("stripe signature", (s) => `Stripe-Signature: t=1492774577,v1=${s(64, "hex")},v0=${s(64, "hex")}`),
  shape("hub signature", (s) => `X-Hub-Signature-256: sha256=${s(64, "hex")}`),
  shape("slack signature", (s) => `X-Slack-Signature: v0=${s(64, "hex")}`),
];

const named: readonly Shape[] = [
  "X-Api-Key",
  "X-Auth-Token",
  "X-Amz-Security-Token",
  "X-Vault-Token",
  "Private-Token",
  "X-CSRF-Token",
  "X-XSRF-TOKEN",
  "Ocp-Apim-Subscription-Key",
  "X-Shopify-Access-Token",
  "X-Goog-Api-Key",
  "apikey",
  "CF-Access-Client-Secret",
  "X-Forwarded-Access-Token",
  "X-Plex-Token",
  "x-functions-key",
  "X-Registry-Auth",
  "X-Consul-Token",
  "DD-API-KEY",
  "X-Figma-Token",
  "Upstash-Signature",
].map((header) => shape(`header ${header}`, (s) => `${header}: ${s(32)}`));

const printed: readonly Shape[] = [
  shape(
    "a raw request",
    (s) =>
      `GET /health HTTP/1.1\r\nAuthorization: Digest username="x", response="${s(32, "hex")}"\r\nHost: db.example\r\n\r\n`,
    ["GET /health HTTP/1.1", "Host: db.example"],
  ),
  shape(
    "a raw request in JSON",
    (s) => JSON.stringify({ _header: `GET / HTTP/1.1\r\nCookie: a="b"; sid=${s()}\r\nHost: h.example\r\n` }),
    ["Host: h.example"],
  ),
  shape(
    "curl -v",
    (s) => `* Connected to api.example port 443\n> GET /v1 HTTP/2\n> authorization: Bearer ${s()}\n> accept: */*`,
    ["accept: */*", "Connected to api.example"],
  ),
  shape("curl -H", (s) => `curl -H 'Authorization: Bearer ${s()}' -H "X-Api-Key: ${s()}" https://api.example/v1`, [
    "https://api.example/v1",
  ]),
  shape("headers as JSON", (s) =>
    JSON.stringify({
      headers: { authorization: `Digest username="u", response="${s(32, "hex")}", opaque="${s()}"`, host: "h.example" },
    }),
  ),
  shape("headers as JSON in JSON", (s) =>
    JSON.stringify({ body: JSON.stringify({ headers: { Cookie: `p="a,b"; sid=${s()}`, accept: "text/html" } }) }),
  ),
  shape("python headers", (s) => `request headers: {'Authorization': 'Bearer ${s()}', 'Accept': '*/*'}`, [
    "'Accept': '*/*'",
  ]),
  shape("go headers", (s) => `map[Accept:[*/*] Authorization:[Bearer ${s()}] Cookie:[a=b; sid=${s()}]]`, [
    "Accept:[*/*]",
  ]),
  shape("java headers", (s) => `[Accept:"text/html", Authorization:"Bearer ${s()}", X-Api-Key:"${s()}"]`, [
    'Accept:"text/html"',
  ]),
  shape("rack headers", (s) => `{"HTTP_AUTHORIZATION"=>"Basic ${s(24, "base64")}", "HTTP_HOST"=>"h.example"}`, [
    "h.example",
  ]),
  shape(
    "nginx upstream log",
    (s) => `upstream sent header: "Set-Cookie: session=${s()}; path=/" while reading response header`,
  ),
  shape("bearer in prose", (s) => `upstream refused Bearer ${s(40)} with 401`, ["upstream refused", "401"]),
];

const login = base64(`app:${fake("basic in prose")}`);

export const headers: readonly Shape[] = [
  ...plain,
  ...named,
  ...printed,
  { name: "basic in prose", input: `sent Basic ${login} to the proxy`, secrets: [login], keeps: ["to the proxy"] },
];
