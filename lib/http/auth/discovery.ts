/** OpenID Connect Discovery 1.0: where an issuer publishes its keys. */
import { platformName, type Runtime } from "../../runtime.ts";
import { differenceOf } from "./difference.ts";
import type { AskIssuer } from "./issuer.ts";

/** A key set moves about once in years; who moves it keeps the old one for a while. */
const KEPT_MS = 3_600_000;

/**
 * @param issuer As the tokens name it.
 * @returns What tells the address of its key set. It throws `IssuerAway` while nobody could tell it.
 */
export function openDiscovery(issuer: string, ask: AskIssuer, runtime: Runtime): () => Promise<string> {
  let known: { readonly keys: string; readonly readAt: number } | undefined;
  let reading: Promise<string> | undefined;

  async function read(): Promise<string> {
    try {
      const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
      known = { keys: await ask(address, (document) => keySetOf(document, issuer)), readAt: runtime.monotonicMs() };
      return known.keys;
    } catch (error) {
      // What was true an hour ago is better than nothing.
      if (known) return known.keys;
      throw error;
    } finally {
      reading = undefined;
    }
  }
  return async () => {
    if (known && runtime.monotonicMs() - known.readAt < KEPT_MS) return known.keys;
    // On Workers a request must not wait for what another one asked.
    if (platformName() === "workerd") return read();
    reading ??= read();
    return reading;
  };
}

/** @throws TypeError where it is another's, or leads to where keys could be exchanged on the way. */
function keySetOf(document: unknown, issuer: string): string {
  const { issuer: named, jwks_uri: keys } = (document ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  // Section 4.3: it must be the issuer that was asked, to the letter.
  if (named !== issuer) {
    throw new TypeError(`a configuration of ${issuer}, and not of another issuer (${differenceOf(named, issuer)})`);
  }
  if (typeof keys !== "string" || !keys.startsWith("https://"))
    throw new TypeError("a configuration with an https key set");
  return keys;
}
