import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, served, TOKEN } from "../support/cli.ts";

const COMMANDS = ["status", "top", "restart", "breaker", "kept", "audit", "probe"];

describe("tidegate", () => {
  test("explains itself, each command and how all of them end", async () => {
    const overview = await cli(["--help"]);
    expect(overview.code).toBe(0);
    expect(await cli([])).toEqual(overview);
    for (const command of COMMANDS) {
      expect(overview.out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
      const { code, out } = await cli([command, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^tidegate ${command}\\b`));
      expect(out).toMatch(/^Exit codes: +0 +fine$/m);
      for (const end of [1, 2, 3]) expect(out).toMatch(new RegExp(`^ +${end} +\\w`, "m"));
      // For a terminal of the usual width, with a little room.
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    }
  });

  test("says which version it is", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await cli(["--version"])).toMatchObject({ code: 0, out: `${version}\n` });
  });

  test("ends with 2 for what it does not understand, and repeats no value", async () => {
    const env = { TIDEGATE_TOKEN: TOKEN };
    const lines = [
      ["frobnicate"],
      ["--json"],
      ["status", "surplus"],
      ["status", "--frobnicate"],
      ["status", "--timeout", "soon"],
      ["status", "--timeout", "0"],
      ["status", "--url"],
      ["status", "--url", "fab.example"],
      ["status", "--insecure=yes"],
    ];
    for (const args of lines) {
      const { code, out, err } = await cli(args, env);
      expect({ args, code }).toEqual({ args, code: 2 });
      const said = args.includes("--json") ? JSON.parse(out).error.message : err;
      expect(said).not.toBe("");
      expect(out + err).not.toContain("surplus");
      expect(out + err).not.toContain("    at ");
    }
  });

  test("reads a token from a file, and says what is wrong with one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-token-"));
    try {
      const { url } = await served();
      const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const good = file("good", `${TOKEN}\n`);
      expect((await cli(["status", "--url", url, "--token-file", good])).code).toBe(0);
      const others = [file("empty", "\n"), file("two", "one two"), join(folder, "missing")];
      for (const path of others) {
        const { code, err } = await cli(["status", "--url", url, "--token-file", path]);
        expect(code).toBe(2);
        expect(err).toContain(path);
        expect(err).not.toContain("one two");
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
