/** Secrets that anybody could find: refused where others can reach the service. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { worthBytes } from "../../lib/config/strength.ts";
import { ConfigError, readConfig } from "../../lib/config.ts";

const random = (bytes: number, encoding: "base64" | "base64url" | "hex") => randomBytes(bytes).toString(encoding);

describe("what a secret is worth", () => {
  test.each(["base64", "base64url", "hex"] as const)("is its random bytes, written as %s", (encoding) => {
    for (const bytes of [12, 16, 24, 32, 64]) {
      for (let round = 0; round < 300; round++) expect(worthBytes(random(bytes, encoding))).toBe(bytes);
    }
  });

  test.each([
    ["s", 0],
    ["", 0],
    ["x".repeat(512), 0],
    ["changeme".repeat(8), 6],
    ["0123456789abcdef".repeat(4), 8],
    ["hunter2hunter2hunt", 5],
    ["change-me-to-32-characters-and-more", 26],
    ["1234567890123456789012345678901234567890", 4],
    ["correct horse battery staple correct horse battery", 23],
  ])("%s is worth no more than %i bytes", (text, bytes) => expect(worthBytes(text)).toBe(bytes));
});

const strong = { session: random(32, "base64"), hex: random(32, "hex"), token: random(12, "base64") };
const PRODUCTION = {
  APP_ENV: "production",
  DATABASE_URL: "postgres://h/d",
  ADMIN_OIDC_ISSUER: "https://login.example.com/realm",
  ADMIN_OIDC_AUDIENCE: "tidegate",
};
function faultsOf(env: Record<string, string>): readonly { variable: string; needed: string; found: string }[] {
  try {
    readConfig({ ...PRODUCTION, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("outside development", () => {
  test.each([
    ["SESSION_SECRET", "s"],
    ["SESSION_SECRET", random(31, "base64")],
    ["SESSION_SECRET", "a-secret-that-is-long-enough-to-sign-with"],
    ["SESSION_SECRET", "x".repeat(512)],
    ["CRON_SECRET", "tick-tock"],
    ["ADMIN_TOKENS", "ada:letmein"],
    ["MONITOR_TOKENS", "watcher:letmein"],
    ["RESTART_WEBHOOK_SECRET", `whsec_${"A".repeat(44)}`],
  ])("%s=%s ends the start, with how to make a better one", (variable, value) => {
    for (const APP_ENV of ["testing", "staging", "production"]) {
      const faults = faultsOf({ APP_ENV, [variable]: value });
      expect(faults).toMatchObject([{ variable, needed: expect.stringContaining("openssl rand -base64 32") }]);
      expect(JSON.stringify(faults)).not.toContain(value.split(":").at(-1)?.padEnd(3, '"'));
    }
    expect(faultsOf({ APP_ENV: "development", [variable]: value })).toEqual([]);
  });

  test("names whose tokens they are, and all variables at once", () => {
    const faults = faultsOf({
      SESSION_SECRET: "s",
      ADMIN_TOKENS: `ada:letmein,bob:${strong.token},eve:hunter2`,
      MONITOR_TOKENS: "grafana:grafana",
    });
    expect(faults.map(({ variable, found }) => [variable, found])).toEqual([
      ["SESSION_SECRET", "it is worth 0"],
      ["ADMIN_TOKENS", "ada is worth 5, eve is worth 5"],
      ["MONITOR_TOKENS", "grafana is worth 5"],
    ]);
  });

  test("what chance has made passes: 32 bytes that sign, 12 that are a token, 24 of a webhook", () => {
    const webhook = `whsec_${random(24, "base64")} whsec_${random(64, "base64")}`;
    const tokens = { ADMIN_TOKENS: `ada:${strong.token}`, MONITOR_TOKENS: `m:${random(24, "base64")}` };
    for (const SESSION_SECRET of [strong.session, strong.hex, random(32, "base64url")]) {
      const env = { ...tokens, SESSION_SECRET, CRON_SECRET: random(24, "base64"), RESTART_WEBHOOK_SECRET: webhook };
      expect(faultsOf(env)).toEqual([]);
    }
  });
});
