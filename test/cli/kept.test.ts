import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { answering, cli, served, TOKEN } from "../support/cli.ts";

const REASON = ["--reason", "prices were wrong"];
const away = () => Promise.reject(new DatabaseError("connection", "away"));

describe("tidegate kept", () => {
  test("shows what is at hand, and what stood in for new answers", async () => {
    const { cli: run, tide } = await served();
    const idle = await run("kept");
    expect(idle).toMatchObject({ code: 0, err: "" });
    expect(idle.out).toMatch(/^at hand +0 answers, 0 bytes\nstale in the last minute +none\n/);
    await tide.kept("stock", () => 7);
    await tide.kept("stock", away);
    const { out } = await run("kept");
    expect(out).toMatch(/^at hand +1 answer, \d+ bytes$/m);
    expect(out).toMatch(/^stale in the last minute +1, the oldest \d+ s old$/m);
    expect(out).toMatch(/^since the instance began +loaded 1, .*stale 1, missing 0$/m);
    expect((await run("kept", "--json")).json).toMatchObject({ kept: { entries: 1 }, exit_code: 0 });
  });

  test.each([
    ["--key", "a/1"],
    ["--tag", "of a"],
    ["--prefix", "a/"],
  ])("forgets by %s, and has it on record", async (option, value) => {
    const { cli: run, tide } = await served();
    await tide.kept("a/1", () => 1, { tags: ["of a"] });
    const { code, out, err } = await run("kept", "forget", option, value, ...REASON);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(new RegExp(`^forgotten: .* ${value}$`, "m"));
    await expect(tide.kept("a/1", away)).rejects.toThrow();
    const { json } = await run("audit", "--json");
    expect(json.records).toMatchObject([
      { action: "kept.outcome", outcome: "forgotten" },
      { action: "kept.forget", decision: option.slice(2), subject: value, reason: "prices were wrong" },
    ]);
  });

  test("forgets nothing by a line that is not complete", async () => {
    const { cli: run, tide } = await served();
    await tide.kept("a/1", () => 1);
    const lines = [
      ["forget", ...REASON],
      ["forget", "--key", "a/1"],
      ["forget", "--key", "a/1", "--prefix", "a", ...REASON],
      ["forget", "--prefix", "", ...REASON],
      ["forget", "a/1", ...REASON],
      ["forgive", "--key", "a/1", ...REASON],
      ["--key", "a/1"],
      [...REASON],
    ];
    const said = await Promise.all(lines.map((line) => run("kept", ...line)));
    expect(said.map(({ code }) => code)).toEqual(lines.map(() => 2));
    expect((await tide.kept("a/1", away)).value).toBe(1);
  });

  test("says so where it cannot be written to the audit", async () => {
    const append = () => Promise.reject(new Error("the disk is full"));
    const { cli: run, tide } = await served({ auditLog: { append, read: () => [] } });
    await tide.kept("a/1", () => 1);
    const { code, err } = await run("kept", "forget", "--key", "a/1", ...REASON);
    expect(code).toBe(1);
    expect(err).toContain("Refused (SERVICE_UNAVAILABLE): Nothing is known to be forgotten");
    expect((await tide.kept("a/1", away)).value).toBe(1);
  });

  test("says of an application that does not know it that it is of another version", async () => {
    const url = await answering(() => Response.json({ success: true, data: {}, meta: {} }));
    const { code, err } = await cli(["kept"], { TIDEGATE_URL: url, TIDEGATE_TOKEN: TOKEN });
    expect(code).toBe(1);
    expect(err).toContain("another version");
  });
});
