/** Named bearer tokens: several at once, so that one can be replaced while the other still works. */
import type { NamedToken } from "../../config/types.ts";
import { digestOf, fingerprintOf, sameBytes } from "./digests.ts";
import type { Identity, Right } from "./identity.ts";

/** At least so long, a token is taken for a machine's: 24 random bytes in base64. */
export const UNGUESSABLE_CHARACTERS = 32;

export interface KnownToken {
  readonly identity: Identity;
  /** Who tries long enough may come upon it. */
  readonly guessable: boolean;
  /** Tells this token from others of the same name, and not what it is. */
  readonly fingerprint: string;
}

export interface Tokens {
  /** The token that this text is, if any. Takes as long for one as for the other. */
  find(text: string): Promise<KnownToken | null>;
  /** Whether a token that was found earlier still is configured. */
  stands(name: string, fingerprint: string): Promise<boolean>;
}

/** @param tokens of each right; read when they are first needed, since a start may make one of its own. */
export function openTokens(tokens: () => Readonly<Record<Right, readonly NamedToken[]>>): Tokens {
  let entries: Promise<readonly { readonly digest: Uint8Array; readonly token: KnownToken }[]> | undefined;
  const all = () => {
    const { admin, monitor } = tokens();
    entries ??= Promise.all([...admin.map(entryOf("admin")), ...monitor.map(entryOf("monitor"))]);
    return entries;
  };
  return {
    find: async (text) => {
      const digest = await digestOf(text);
      let found: KnownToken | null = null;
      // All of them, and the first match stays: a token that both lists have is an admin's.
      for (const entry of await all()) found = sameBytes(digest, entry.digest) ? (found ?? entry.token) : found;
      return found;
    },
    stands: async (name, fingerprint) =>
      (await all()).some(
        ({ token }) =>
          token.identity.right === "admin" && token.identity.name === name && token.fingerprint === fingerprint,
      ),
  };
}

const entryOf =
  (right: Right) =>
  async ({ name, token }: NamedToken) => {
    const digest = await digestOf(token);
    const identity: Identity = { name, right, kind: "token", subject: null, expiresAtMs: null };
    const fingerprint = await fingerprintOf(`${name}:${token}`);
    return { digest, token: { identity, guessable: token.length < UNGUESSABLE_CHARACTERS, fingerprint } };
  };
