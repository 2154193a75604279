import { describe, expect, test } from "vitest";
import { served } from "../support/cli.ts";

const REASON = ["--reason", "the database is being moved"];

describe("tidegate breaker", () => {
  test("shows what is, and forces it open with an end", async () => {
    const { cli: run, tide } = await served();
    const before = await run("breaker");
    expect(before.code).toBe(0);
    expect(before.out).toMatch(/^main {2}CLOSED, 0 of 0 calls failed\n {6}version \d+\n$/);

    const forced = await run("breaker", "force-open", "--ttl", "15m", ...REASON);
    expect(forced.code).toBe(0);
    expect(forced.out).toMatch(/^main: force_open until \S+ by tester: the database is being moved$/m);
    const { override, breaker } = await tide.view();
    expect(breaker.state).toBe("open");
    expect(override?.remainingMs).toBeGreaterThan(14 * 60_000);
    expect(override?.remainingMs).toBeLessThanOrEqual(15 * 60_000);

    const after = await run("breaker");
    expect(after.code).toBe(1);
    expect(after.out).toMatch(/^main +OPEN.*\n +force_open until \S+ by tester: the database is being moved$/m);
  });

  test("has every word of the contract", async () => {
    const { cli: run, tide } = await served();
    for (const [word, mode] of [
      ["force-closed", "force_closed"],
      ["observe", "observe"],
    ] as const) {
      expect((await run("breaker", word, "--ttl", "60", ...REASON)).code).toBe(0);
      expect((await tide.view()).override?.mode).toBe(mode);
    }
    const { code, out } = await run("breaker", "auto", ...REASON);
    expect(code).toBe(0);
    expect(out).toContain("main: auto, by itself again");
    expect((await tide.view()).override).toBeNull();

    await run("breaker", "force-open", "--ttl", "60", ...REASON);
    const reset = await run("breaker", "reset", ...REASON);
    expect(reset.code).toBe(0);
    expect(reset.out).toContain("main: reset, closed, and counts anew");
    expect(await tide.view()).toMatchObject({ override: null, breaker: { state: "closed" } });
  });

  test("does not talk over somebody who has spoken since", async () => {
    const { cli: run, tide } = await served();
    await run("breaker", "force-closed", "--ttl", "60", ...REASON);
    const version = `${(await run("breaker", "--json")).json.gates.main.override_version}`;
    const second = await run("breaker", "observe", "--ttl", "60", ...REASON, "--expect-version", version);
    expect(second.code).toBe(0);
    const stale = await run("breaker", "force-open", "--ttl", "60", ...REASON, "--expect-version", version);
    expect(stale.code).toBe(1);
    expect(stale.err).toContain("somebody else has spoken since");
    expect(stale.err).toContain("decide anew");
    expect((await tide.view()).override?.mode).toBe("observe");
  });

  test("is for one gate of several", async () => {
    const { cli: run, tide } = await served();
    await tide.gate("billing").run(() => null);
    expect((await run("breaker", "force-open", "--ttl", "60", ...REASON, "--gate", "billing")).code).toBe(0);
    expect((await run("breaker", "--gate", "main")).code).toBe(0);
    const { code, json } = await run("breaker", "--json");
    expect(code).toBe(1);
    expect(json.gates.billing.circuit_breaker.forced.mode).toBe("force_open");
    const unknown = await run("breaker", "force-open", "--ttl", "60", ...REASON, "--gate", "nothing");
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("shows the gates there are");
    expect((await run("breaker", "--gate", "nothing")).code).toBe(2);
  });

  test("changes nothing by a line that is not complete", async () => {
    const { cli: run, tide } = await served();
    const lines = [
      ["open", "--ttl", "60", ...REASON],
      ["force-open", ...REASON],
      ["force-open", "--ttl", "60"],
      ["force-open", "--ttl", "2d", ...REASON],
      ["force-open", "--ttl", "60", ...REASON, "--expect-version", "-1"],
      ["auto", "--ttl", "60", ...REASON],
      ["reset", "--ttl", "60", ...REASON],
      ["reset"],
      ["--ttl", "60"],
    ];
    const said = await Promise.all(lines.map((line) => run("breaker", ...line)));
    expect(said.map(({ code }) => code)).toEqual(lines.map(() => 2));
    expect((await tide.view()).override).toBeNull();
  });
});
