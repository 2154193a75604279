/** An OIDC issuer and Cloudflare Access team of the tests' own: a real server on 127.0.0.1 under the names of both. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";

export const ISSUER = "https://login.example.com/realm";
export const TEAM = "https://team.cloudflareaccess.com";
export const AUDIENCE = "tidegate";

export interface Issuer {
  /** Whose network knows the issuer's names, and nothing else. */
  readonly runtime: Runtime;
  /** A JWT of it, signed by its present key; claims over what an honest one has. */
  sign(claims?: Record<string, unknown>, header?: Partial<{ alg: string; kid: string }>): Promise<string>;
  /** Signs with another key from now on, which is in the key set, and the former no more. */
  rotate(): Promise<void>;
  /** Answers so from now on, at all addresses; null: honestly. */
  misbehave(answer: { readonly status: number; readonly body: string } | "hang" | null): void;
  /** Its configuration, for a test to change. */
  readonly configuration: Record<string, unknown>;
  /** The paths that were asked for, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  let keys = await generateKeyPair("RS256");
  let kid = "key-1";
  let bad: { readonly status: number; readonly body: string } | "hang" | null = null;
  const requests: string[] = [];
  const configuration: Record<string, unknown> = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };

  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    if (bad === "hang") return;
    const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid, alg: "RS256", use: "sig" }] };
    const documents: Record<string, unknown> = {
      "/realm/.well-known/openid-configuration": configuration,
      "/realm/keys": jwks,
      "/cdn-cgi/access/certs": jwks,
    };
    const { status, body } = bad ?? { status: path in documents ? 200 : 404, body: JSON.stringify(documents[path]) };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const there: typeof fetch = (input, init) => {
    const { host, pathname } = new URL(String(input));
    if (![ISSUER, TEAM].some((name) => new URL(name).host === host)) throw new TypeError(`no such host: ${host}`);
    return fetch(here + pathname, init);
  };
  return {
    runtime: { ...systemRuntime(), fetch: there },
    configuration,
    requests,
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const honest = { iss: ISSUER, aud: AUDIENCE, sub: "7", email: "ada@example.com", iat: now, exp: now + 300 };
      const given = Object.entries({ ...honest, ...claims }).filter(([, value]) => value !== undefined);
      return new SignJWT(Object.fromEntries(given))
        .setProtectedHeader({ alg: "RS256", kid, ...header })
        .sign(keys.privateKey);
    },
    rotate: async () => {
      keys = await generateKeyPair("RS256");
      kid = `key-${Number(kid.slice(4)) + 1}`;
    },
    misbehave: (answer) => {
      bad = answer;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
