import { describe, expect, test } from "vitest";
import type { Progress } from "../../lib/recovery/ledger/types.ts";
import { answering, cli, served, TOKEN } from "../support/cli.ts";

const REASON = ["--reason", "permits are stuck"];
const OVERRIDE = ["--override", "--acknowledge"];

describe("tidegate restart", () => {
  test("restarts, says why in the audit, and waits for the outcome", async () => {
    const { cli: run, fired } = await served();
    const { code, out, err } = await run("restart", ...REASON, "--target", "green");
    expect(code).toBe(0);
    expect(out).toMatch(/^succeeded: it has been restarted\.\n/);
    expect(out).toMatch(/^restart +\S+ by tester, allowed$/m);
    expect(err).toContain("webhook was told to restart");
    expect(fired).toMatchObject([{ reason: "permits are stuck", target: "green" }]);
    const { json } = await run("status", "--json");
    expect(json.worker_status.restart_history).toMatchObject([
      { requested_by: "tester", decision: "executed", decision_reason: "permits are stuck" },
    ]);
  });

  test("waits for a deployment as long as its platform says that it runs", async () => {
    const states: Progress["state"][] = ["succeeded", "failed"];
    for (const state of states) {
      const { cli: run } = await served({
        fire: async () => ({ id: "d1", url: "https://fab.example/d1", status: "QUEUED" }),
        status: async (deployment) => ({ deployment: { ...deployment, status: "ENDED" }, state }),
      });
      const { code, json } = await run("restart", ...REASON, "--json");
      expect({ code, verdict: json.verdict }).toEqual({ code: state === "failed" ? 1 : 0, verdict: state });
      expect(json.outcome).toMatchObject({ progress: state, deployment: { id: "d1", status: "ENDED" } });
    }
  });

  test("ends with 1 where the wait was over first", async () => {
    const { cli: run } = await served({
      fire: async () => ({ id: "d1", url: null, status: "QUEUED" }),
      status: async (deployment) => ({ deployment: { ...deployment, status: "BUILDING" }, state: "running" }),
    });
    const { code, out } = await run("restart", ...REASON, "--wait", "2s");
    expect(code).toBe(1);
    expect(out).toMatch(/^unfinished: /);
    expect(out).toMatch(/^webhook +BUILDING$/m);
  });

  test("does not wait where that is wished for", async () => {
    const { cli: run } = await served({
      fire: async () => ({ id: "d1", url: null, status: "QUEUED" }),
      status: () => Promise.reject(new Error("nobody asks")),
    });
    const { code, out, err } = await run("restart", ...REASON, "--no-wait");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^accepted: /);
  });

  test("says during a cooldown what is left of it, and passes it only with an override that is acknowledged", async () => {
    const { cli: run, fired } = await served();
    expect((await run("restart", ...REASON)).code).toBe(0);
    const refused = await run("restart", ...REASON);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^Refused \(TOO_MANY_REQUESTS\): /);
    expect(refused.err).toMatch(
      /too recent: \d+ s are left; .*\n.*Wait until then, or restart .* --override --acknowledge/,
    );
    const unmeant = await run("restart", ...REASON, "--override");
    expect(unmeant.code).toBe(2);
    expect(unmeant.err).toContain("say so with --acknowledge");
    expect(fired).toHaveLength(1);

    const { code, json } = await run("restart", ...REASON, ...OVERRIDE, "--json");
    expect(code).toBe(0);
    expect(json.restart.decision).toMatchObject({ decision: "manual_override", reason: "permits are stuck" });
    expect(fired).toHaveLength(2);
  });

  test("says that restarts are blocked, and by what", async () => {
    const env = { WORKER_RESTART_COOLDOWN: "0", WORKER_RESTART_RETRY_BUDGET: "1" };
    const { cli: run, fired } = await served({ env });
    expect((await run("restart", ...REASON)).code).toBe(0);
    const { code, json } = await run("restart", ...REASON, "--json");
    expect(code).toBe(1);
    expect(json.error).toMatchObject({
      code: "RESTART_POLICY_BLOCKED",
      message: expect.stringContaining("the budget of this window is spent"),
      remedy: expect.stringContaining("Find out why"),
    });
    expect((await run("restart", ...REASON, ...OVERRIDE)).code).toBe(0);
    expect(fired).toHaveLength(2);
  });

  test("says what a platform that did not restart means", async () => {
    const { cli: run } = await served({ fire: () => Promise.reject(new Error("no")) });
    const { code, err } = await run("restart", ...REASON);
    expect(code).toBe(1);
    expect(err).toMatch(/^Refused \(RESTART_FAILED\): /);
    expect(err).toContain("tidegate doctor");
  });

  test("does not restart twice by one key", async () => {
    const { cli: run, fired } = await served();
    const both = [await run("restart", ...REASON, "--key", "k1"), await run("restart", ...REASON, "--key", "k1")];
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(fired).toHaveLength(1);
    const other = await run("restart", "--reason", "something else", "--key", "k1");
    expect(other.code).toBe(1);
    expect(other.err).toContain("Leave --key out");
  });

  test("sends a key of its own, and tells it where the answer is lost", async () => {
    const keys: (string | null)[] = [];
    const url = await answering((request) => {
      keys.push(request.headers.get("idempotency-key"));
      throw new Error("lost");
    });
    const silent = await answering(() => new Promise<never>(() => {}));
    const env = { TIDEGATE_TOKEN: TOKEN };
    await cli(["restart", ...REASON, "--url", url], env);
    expect(keys).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)]);
    const lost = await cli(["restart", ...REASON, "--url", silent, "--timeout", "1"], env);
    expect(lost.code).toBe(3);
    expect(lost.err).toMatch(/If it was sent, --key [\da-f-]{36} does not restart twice/);
  });

  test("names the targets there are, and asks nobody without a reason", async () => {
    const { cli: run, fired } = await served();
    const { code, err } = await run("restart", ...REASON, "--target", "red");
    expect(code).toBe(1);
    expect(err).toContain("blue, green");
    for (const args of [[], ["--reason", " "], [...REASON, "--acknowledge"], [...REASON, "--wait", "2w"]]) {
      expect((await run("restart", ...args)).code).toBe(2);
    }
    expect(fired).toEqual([]);
  });
});
