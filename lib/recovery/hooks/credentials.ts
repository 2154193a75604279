/** Tokens as headers. People paste them with the scheme that their command-line tool shows. */

/** The token alone, whatever scheme was pasted with it. */
export const bare = (token: string): string => token.trim().replace(/^(?:bearer|token|flyv1)\s+/i, "");

export const bearer = (token: string): { readonly authorization: string } => ({
  authorization: `Bearer ${bare(token)}`,
});

/** What must not be shown of it: as it was given, and as it is sent. */
export const secretsOf = (...tokens: readonly (string | null | undefined)[]): readonly string[] =>
  tokens.flatMap((token) => (token ? [token, bare(token)] : []));

/** A part of a path, whatever is in it. */
export const segment = (text: string): string => encodeURIComponent(text);
