import { describe, expect, test } from "vitest";
import { upstash } from "../../lib/store/upstash/upstash.ts";

const TOKEN = "AXtidy-secret==";

describe("where an Upstash database is", () => {
  test.each([
    ["https://eu1-tidy.upstash.io", "upstash:https://eu1-tidy.upstash.io"],
    ["https://eu1-tidy.upstash.io/", "upstash:https://eu1-tidy.upstash.io"],
    ["upstash:https://eu1-tidy.upstash.io/", "upstash:https://eu1-tidy.upstash.io"],
    ["https://proxy.example:8443/redis/", "upstash:https://proxy.example:8443/redis"],
    ["upstash:http://127.0.0.1:8079", "upstash:http://127.0.0.1:8079"],
    ["http://[::1]:8079", "upstash:http://[::1]:8079"],
  ])("%s", (url, address) => {
    expect(upstash(url, { token: TOKEN })).toMatchObject({ kind: "upstash", address });
  });

  test.each([
    [undefined, /found nothing; set STATE_URL/],
    ["", /found nothing/],
    ["upstash:", /https:\/\/host .*found something else \(8 characters\)/],
    ["eu1-tidy.upstash.io", /found something else/],
    ["redis://default:AXtidy-secret==@eu1-tidy.upstash.io:6379", /found something else/],
    ["https://default:AXtidy-secret==@eu1-tidy.upstash.io", /without user, password or query/],
    ["https://eu1-tidy.upstash.io?_token=AXtidy-secret==", /without user, password or query/],
    ["http://eu1-tidy.upstash.io", /http:\/\/ only to this machine/],
    ["http://127.0.0.1.example.com", /http:\/\/ only to this machine/],
  ])("is refused: %s", (url, message) => {
    expect(errorOf(url, TOKEN)).toMatch(message);
  });

  test.each([
    [undefined, /REST token .*found nothing; set STATE_TOKEN/],
    ["", /found nothing/],
    ["AXtidy-secret==\n", /found something else \(16 characters\)/],
    ["AXtidy-secret==\u0000é", /found something else/],
    [" ", /found something else/],
  ])("needs a token a header can carry, not %j", (token, message) => {
    expect(errorOf("https://eu1-tidy.upstash.io", token)).toMatch(message);
  });
});

function errorOf(url: string | undefined, token: string | undefined): string {
  try {
    upstash(url, { token });
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect(`${error} ${(error as Error).stack}`).not.toContain("AXtidy-secret");
    return String(error);
  }
  return "nothing was thrown";
}
