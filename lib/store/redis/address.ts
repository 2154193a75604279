/** Reading the URL of a Redis. */
import { addressOf, parseConnectionUrl, secretsOf } from "../../connection-url.ts";

export interface RedisTarget {
  readonly url: string;
  /** For people: no credentials. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

/** @throws TypeError without repeating the URL, which may hold a password. */
export function parseRedisUrl(url: string | undefined): RedisTarget {
  const parts = parseConnectionUrl(url ?? "");
  // The client reads it by `URL`.
  if (url === undefined || !parts || !/^rediss?$/.test(parts.scheme) || parts.hosts === "" || !URL.canParse(url)) {
    const found = url === undefined || url === "" ? "nothing" : `something else (${url.length} characters)`;
    throw new TypeError(
      `redis: a URL like redis://user:password@host:port or rediss:// is needed, found ${found}; set STATE_URL`,
    );
  }
  return { url, address: addressOf(parts), secrets: secretsOf(parts) };
}
