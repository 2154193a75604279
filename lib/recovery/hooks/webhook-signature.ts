/** Signatures of Standard Webhooks: HMAC-SHA256 of id, time and body. */

/** Adds the time and a signature by each secret to headers that have a `webhook-id`. */
export type Signer = (body: string, headers: Headers, wallMs: number) => Promise<Headers>;

const SCHEME = "whsec_";
const ALGORITHM = { name: "HMAC", hash: "SHA-256" };

/** @throws TypeError where a secret is none. */
export function webhookSigner(secrets: readonly string[]): Signer {
  const bytes = secrets.map(bytesOf);
  if (bytes.length === 0) throw new TypeError("webhook: sign: at least one secret is needed, found: none");
  const encoder = new TextEncoder();
  /** Imported when first used: no promise at module scope, which Workers forbid. */
  let imported: Promise<readonly CryptoKey[]> | undefined;

  return async (body, headers, wallMs) => {
    imported ??= Promise.all(bytes.map((key) => crypto.subtle.importKey("raw", key, ALGORITHM, false, ["sign"])));
    const seconds = `${Math.floor(wallMs / 1_000)}`;
    const content = encoder.encode(`${headers.get("webhook-id")}.${seconds}.${body}`);
    const signatures = await Promise.all(
      (await imported).map(async (key) => {
        const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
        return `v1,${btoa(String.fromCharCode(...signature))}`;
      }),
    );
    headers.set("webhook-timestamp", seconds);
    headers.set("webhook-signature", signatures.join(" "));
    return headers;
  };
}

function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  try {
    const text = atob(secret.startsWith(SCHEME) ? secret.slice(SCHEME.length) : secret);
    if (text !== "") return Uint8Array.from(text, (char) => char.charCodeAt(0));
  } catch {
    // Told below, without what it was.
  }
  throw new TypeError(`webhook: sign: a secret must be ${SCHEME} and base64, found: something else`);
}
