/** AWS Signature Version 4, worked out anew from what arrived: the steps of Amazon's documentation, and nothing of ours. */
import { createHash, createHmac } from "node:crypto";
import type { Request } from "../server.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
/** What RFC 3986 reserves is written as `%XY`; so is a `%` that was in the path already. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The whole `Authorization` header that the request ought to have. */
export function authorizationOf({ line, headers, body }: Request, accessKeyId: string, secret: string): string {
  const [method = "", address = ""] = line.split(" ");
  const url = new URL(address);
  const all: Readonly<Record<string, unknown>> = { ...headers, host: url.host };
  const time = String(headers["x-amz-date"]);
  const signed = ["accept", "host", "x-amz-date", "x-amz-security-token"].filter((name) => name in all);
  const [service = "", region = ""] = url.host.split(".");
  const scope = [time.slice(0, 8), region, service, "aws4_request"].join("/");

  const canonical = [
    method,
    url.pathname.split("/").map(encoded).join("/"),
    [...url.searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join("&"),
    ...signed.map((name) => `${name}:${String(all[name]).trim()}`),
    "",
    signed.join(";"),
    sha256(body),
  ].join("\n");
  const day = hmac(`AWS4${secret}`, time.slice(0, 8));
  const key = hmac(hmac(hmac(day, region), service), "aws4_request");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed.join(";")}, Signature=${signature}`;
}
