/** URLs that are secrets themselves. */

/** A part of a path this long is no word. */
const SHORTEST_SECRET = 8;

/** The URL, and whatever in it may be the secret, as others may show it. */
export function secretsOfUrl(url: string): readonly string[] {
  if (!URL.canParse(url)) return [url];
  const { pathname, searchParams, username, password } = new URL(url);
  const parts = [...pathname.split("/"), ...searchParams.values(), username, password];
  return [url, pathname, ...parts.filter((part) => part.length >= SHORTEST_SECRET && !/^[a-z_]+$/.test(part))];
}

/** The same for whoever looks through texts of all kinds: a path that is none would be missing in every log. */
export const wellKnown = (secrets: readonly string[]): readonly string[] =>
  secrets.filter((secret) => !secret.startsWith("/"));
