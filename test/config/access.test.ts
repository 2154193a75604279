import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";

describe("tokens", () => {
  test("have a name each; one name may have two, for rotation", () => {
    const { access, secrets } = readConfig({
      ADMIN_TOKENS: "ada:first:token, ada:second,",
      MONITOR_TOKENS: "prometheus:third",
    });
    expect(access.adminTokens).toEqual([
      { name: "ada", token: "first:token" },
      { name: "ada", token: "second" },
    ]);
    expect(access.monitorTokens).toEqual([{ name: "prometheus", token: "third" }]);
    expect(secrets).toEqual(["first:token", "second", "third"]);
  });

  test.each([
    ["token-without-name", /name:token/],
    ["ada:ok,:nameless", /entry 2 is not/],
    ["ada:", /name:token/],
    ["a b:token", /name:token/],
    [",", /name:token/],
    ["ada:same,bob:same", /no token given twice/],
  ])("%s is refused", (tokens, needed) => expect(() => readConfig({ ADMIN_TOKENS: tokens })).toThrow(needed));
});

test("JWT identities come in pairs", () => {
  const oidc = { ADMIN_OIDC_ISSUER: "https://login.example.com/realm", ADMIN_OIDC_AUDIENCE: "tidegate" };
  expect(readConfig(oidc).access.oidc).toEqual({ issuer: oidc.ADMIN_OIDC_ISSUER, audience: "tidegate" });
  expect(() => readConfig({ ADMIN_OIDC_ISSUER: oidc.ADMIN_OIDC_ISSUER })).toThrow(/ADMIN_OIDC_AUDIENCE/);
  expect(() => readConfig({ ...oidc, ADMIN_OIDC_ISSUER: "http://login.example.com" })).toThrow(/https/);
  for (const team of ["team.cloudflareaccess.com", "https://Team.cloudflareaccess.com/"]) {
    expect(readConfig({ CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: "tag" }).access.cloudflareAccess).toEqual({
      issuer: "https://team.cloudflareaccess.com",
      audience: "tag",
    });
  }
});

describe("lists", () => {
  test("origins are written as browsers send them", () => {
    const { corsOrigins } = readConfig({ CORS_ORIGINS: "https://App.example.com:443, http://localhost:3000" }).http;
    expect(corsOrigins).toEqual(["https://app.example.com", "http://localhost:3000"]);
    expect(readConfig({ CORS_ORIGINS: "*" }).http.corsOrigins).toEqual(["*"]);
  });

  test.each(["app.example.com", "https://app.example.com/", "https://a.b/c", "https://u:p@h", "null", "ftp://h"])(
    "%s is no origin",
    (origin) => expect(() => readConfig({ CORS_ORIGINS: `https://ok.example,${origin}` })).toThrow(/entry 2/),
  );

  test("proxies are addresses and networks", () => {
    const networks = ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32", "::1"];
    expect(readConfig({ TRUSTED_PROXIES: networks.join(", ") }).http.trustedProxies).toEqual(networks);
  });

  test.each([
    "10.0.0",
    "256.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "::1/129",
    "fe80::%eth0",
    "localhost",
    "1.2.3.4.",
    "::g",
  ])("%s is no network", (network) =>
    expect(() => readConfig({ TIDEGATE_TRUSTED_PROXIES: network })).toThrow(/TRUSTED_PROXIES/),
  );
});

test("the warning of saturation is not above the critical value", () => {
  const ratios = (warning: string, critical: string) =>
    readConfig({ RESILIENCE_POOL_SATURATION_WARNING: warning, RESILIENCE_POOL_SATURATION_CRITICAL: critical });
  expect(() => ratios("0.9", "0.9")).not.toThrow();
  expect(() => ratios("0.91", "0.9")).toThrow(/RESILIENCE_POOL_SATURATION_CRITICAL\n {4}needs {2}at least .* 0\.91/);
});

test("every secret value is there for the redactor, once", () => {
  const { secrets } = readConfig({
    DATABASE_URL: "postgres://u:d%40b@h/d",
    STATE_URL: "redis://u:state@h",
    STATE_TOKEN: "rest",
    ADMIN_TOKENS: "a:admin",
    MONITOR_TOKENS: "m:monitor,n:admin",
    CRON_SECRET: "cron",
    SESSION_SECRET: "session with blanks",
  });
  expect([...secrets].sort()).toEqual([
    "admin",
    "cron",
    "d%40b",
    "d@b",
    "monitor",
    "rest",
    "session with blanks",
    "state",
  ]);
});
