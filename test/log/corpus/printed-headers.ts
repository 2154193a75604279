import { base64, type Shape, shape } from "./fakes.ts";

/** Headers as proxies, frameworks and jars of cookies write them down. */
export const printedHeaders: readonly Shape[] = [
  shape(
    "apache combined with cookie",
    (s) => `10.0.0.1 - - [30/Nov/2026:21:26:34 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "sid=${s()}; theme=dark"`,
  ),
  shape(
    "haproxy captured header",
    (s) => `haproxy[1]: 10.0.0.1:1 [x] fe be/s1 0/0/1 200 {Bearer ${s(40)}|h} "GET / HTTP/1.1"`,
  ),
  shape(
    "envoy headers",
    (s) =>
      `[debug] request headers complete: ':authority', 'h'\n'authorization', 'Bearer ${s(40)}'\n'cookie', 'a=b; sid=${s()}'`,
    ["':authority', 'h'"],
  ),
  shape(
    "node header dump",
    (s) =>
      `[Symbol(kOutHeaders)]: [Object: null prototype] { authorization: [ 'Authorization', 'Token ${s(40, "hex")}' ] }`,
  ),
  shape(
    "aiohttp CIMultiDict",
    (s) => `<CIMultiDictProxy('Host': 'h', 'Authorization': 'Basic ${base64("a:")}${s(20)}', 'Accept': '*/*')>`,
    ["'Accept': '*/*'"],
  ),
  shape(
    "requests proxies",
    (s) =>
      `ProxyError(MaxRetryError("HTTPSConnectionPool(host='h', port=443): proxies={'https': 'http://user:${s()}@proxy:3128'}"))`,
  ),
  shape("x-amz headers", (s) => `x-amz-server-side-encryption-customer-key: ${s(43, "base64")}=`),
  shape(
    "AWS4 in query header form",
    (s) =>
      `authorization=AWS4-HMAC-SHA256 Credential=${s(20, "upper")}/20260101/x/s3/aws4_request, Signature=${s(64, "hex")}`,
  ),
  shape("mac auth", (s) => `Authorization: MAC id="h480djs93hd8", nonce="${s(12)}", mac="${s(27, "base64")}="`),
  shape("escher/custom X-Auth", (s) => `X-Auth: ${s(32)}`),
  shape("X-Access-Key", (s) => `X-Access-Key: ${s(32)}`),
  shape("X-Api-Secret", (s) => `X-Api-Secret: ${s(32)}`),
  shape("X-Session-Id", (s) => `X-Session-Id: ${s(32, "hex")}`),
  shape("X-Gitlab-Token", (s) => `X-Gitlab-Token: ${s(20)}`),
  shape("x-ms-sas", (s) => `x-ms-copy-source: https://a.blob.example/c?sv=1&sig=${s(43)}%3D`),
  shape("Grpc-metadata", (s) => `Grpc-Metadata-Authorization: bearer ${s(30)}`),
  shape("metadata map rust", (s) => `MetadataMap { headers: {"authorization": "Bearer ${s(40)}", "te": "trailers"} }`, [
    '"te": "trailers"',
  ]),
  shape("java HttpHeaders map", (s) => `{authorization=[Bearer ${s(40)}], accept=[*/*]}`, ["accept=[*/*]"]),
  shape(
    "go curl dump",
    (s) => `Header: http.Header{"Authorization":[]string{"Bearer ${s(40)}"}, "X-Api-Key":[]string{"${s()}"}}`,
  ),
  shape(
    "python tuple list headers",
    (s) => `[(b'host', b'h'), (b'authorization', b'Bearer ${s(40)}'), (b'cookie', b'sid=${s()}')]`,
  ),
  shape("python tuple", (s) => `('password', '${s()}')`),
  shape("cookie jar netscape", (s) => `.h.example\tTRUE\t/\tTRUE\t1764537994\tsession\t${s(32)}`),
  shape("document.cookie", (s) => `document.cookie = "auth_token=${s()}; path=/"`),
  shape("Cookie repr python", (s) => `<Cookie sessionid=${s(32)} for h.example/>`),
  shape("set-cookie list", (s) => `set-cookie: [ 'sid=s%3A${s(20)}.${s(43)}; Path=/; HttpOnly' ]`),
];
