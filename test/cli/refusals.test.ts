/** What to do next is chosen by codes and reasons: the sentences of a refusal are for people, and may change. */
import { expect, test } from "vitest";
import { answering, cli, TOKEN } from "../support/cli.ts";

const SENTENCE = "Whatever is said here in another version.";

async function refusedWith(status: number, code: string, reason: string | null, ...args: string[]): Promise<string> {
  const meta = reason === null ? {} : { reason };
  const body = JSON.stringify({ success: false, error: { code, message: SENTENCE }, meta });
  const url = await answering(() => new Response(body, { status, headers: { "retry-after": "7" } }));
  const { code: exit, err } = await cli(args, { TIDEGATE_URL: url, TIDEGATE_TOKEN: TOKEN });
  expect([exit, err.split("\n")[0]]).toEqual([1, `Refused (${code}): ${SENTENCE}`]);
  return err;
}

test("a stale version is to be looked up again, and another mistake to be mended", async () => {
  const args = ["breaker", "auto", "--reason", "it is repaired", "--expect-version", "3"];
  expect(await refusedWith(400, "VALIDATION_ERROR", "stale_version", ...args)).toContain("decide anew");
  expect(await refusedWith(400, "VALIDATION_ERROR", null, ...args)).toContain("Mend what is named");
});

test("a cooldown may be waited for or overridden, and failed logins only waited for", async () => {
  const args = ["restart", "--reason", "permits are stuck"];
  expect(await refusedWith(429, "TOO_MANY_REQUESTS", "cooldown", ...args)).toContain(
    "Wait until then, or restart all the same",
  );
  expect(await refusedWith(429, "TOO_MANY_REQUESTS", null, ...args)).toContain("Too many logins from here failed");
});
