/** The URL of a Redis. */
import { expect, test } from "vitest";
import { parseRedisUrl } from "../../lib/store/redis/address.ts";

test.each([
  ["redis://cache", "redis://cache", []],
  ["rediss://user:pa%23ss@cache.example:6380/2", "rediss://cache.example:6380/2", ["pa%23ss", "pa#ss"]],
  ["redis://:password@[::1]:6379/?timeout=5", "redis://[::1]:6379", ["password"]],
])("a Redis is named without its credentials, which no log may show: %s", (url, address, secrets) => {
  expect(parseRedisUrl(url)).toEqual({ url, address, secrets });
});

test.each([
  [undefined, "found nothing"],
  ["", "found nothing"],
  ["redis://", "found something else (8 characters)"],
  ["http://cache:6379", "found something else (17 characters)"],
  // Read by URL it is a host "user:1", and a secret at its end.
  ["redis://user:1#secret@cache:6379", "found something else (32 characters)"],
  ["redis://user:secret@cache:99999", "found something else (31 characters)"],
])("what is no URL of a Redis is refused and not repeated: %s", (url, found) => {
  expect(() => parseRedisUrl(url)).toThrow(
    new TypeError(`redis: a URL like redis://user:password@host:port or rediss:// is needed, ${found}; set STATE_URL`),
  );
});
