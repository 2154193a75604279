/** Reading the URL of a Redis. */

export interface RedisTarget {
  readonly url: string;
  /** For people: no credentials. */
  readonly address: string;
}

/** @throws TypeError without repeating the URL, which may hold a password. */
export function parseRedisUrl(url: string | undefined): RedisTarget {
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : null;
  if (url === undefined || !parsed || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "") {
    const found = url === undefined || url === "" ? "nothing" : `something else (${url.length} characters)`;
    throw new TypeError(
      `redis: a URL like redis://user:password@host:port or rediss:// is needed, found ${found}; set STATE_URL`,
    );
  }
  const { protocol, host, pathname } = parsed;
  return { url, address: `${protocol}//${host}${pathname === "/" ? "" : pathname}` };
}
