import { expect, test } from "vitest";
import { readConfig } from "../lib/config.ts";
import { isLoopback } from "../lib/loopback.ts";
import { upstash } from "../lib/store/upstash/upstash.ts";

test.each(["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("%s is this machine", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(["", "127.0.0.1.example.com", "128.0.0.1", "127.0.0", "::2", "localhost.example.com", "0.0.0.0"])(
  "%j is not this machine",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

test.each(["localhost:80", "127.8.9.10:80", "[::1]:80", "[::1]", "LOCALHOST"])(
  "settings and stores take http:// to %s alike",
  (host) => {
    const env = { STATE_URL: `upstash:http://${host}`, STATE_TOKEN: "AX-rest-token==" };
    expect(readConfig(env).store).toMatchObject({ kind: "upstash", url: `http://${host}` });
    expect(upstash(env.STATE_URL, { token: env.STATE_TOKEN }).kind).toBe("upstash");
    expect(() => readConfig({ RESTART_WEBHOOK_URL: `http://${host}/restart` })).not.toThrow();
  },
);

test.each(["db.example", "127.0.0.1.example.com:80", "128.0.0.1"])(
  "settings and stores refuse http:// to %s alike",
  (host) => {
    const env = { STATE_URL: `upstash:http://${host}`, STATE_TOKEN: "AX-rest-token==" };
    expect(() => readConfig(env)).toThrow(/STATE_URL/);
    expect(() => upstash(env.STATE_URL, { token: env.STATE_TOKEN })).toThrow(/only to this machine/);
    expect(() => readConfig({ RESTART_WEBHOOK_URL: `http://${host}/restart` })).toThrow(/http:\/\/ on this machine/);
  },
);
