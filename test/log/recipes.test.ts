/** The recipes of docs/operating/logs.md as they stand there, each in a process of its own, with the real packages. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { page } from "../house/pages.ts";
import { ROOT, read } from "../house/sources.ts";

const PAGE = "docs/operating/logs.md";
/** A small life: a warning whose fields are called like those of logs, a call that fails, the end. */
const LIFE = `
import { memory } from "tidegate/stores/memory";
import { fakeDatabase } from "tidegate/testing";
import { tidegate } from "tidegate";
const { log } = await import(process.argv[2]);
const database = fakeDatabase(() => { throw new Error("postgres://app:tide-secret@db/fab does not answer"); });
const tide = tidegate({ database: { ...database, secrets: ["tide-secret"] }, store: memory(), log });
tide.log.warn("config.warning", { variable: "X", message: "tide-secret", remedy: "none" });
await tide.db.query\`select 1\`.catch((error) => tide.log.error("mine.failed", { error, pid: 1 }));
tide.drain();
await tide.close();
`;

const EVENTS = ["config.warning", "gate.life", "mine.failed", "shutdown.begun", "shutdown.ended"];

type Line = Readonly<Record<string, unknown>> & { readonly fields?: Line; readonly properties?: Line };
/** How each of them writes an event at a level, and where its fields are. */
const FORMS: Readonly<Record<string, (line: Line) => readonly [event: unknown, level: unknown, fields: Line]>> = {
  "pino.ts": (line) => [line.msg, line.level, line],
  "winston.ts": (line) => [line.message, line.level, line.fields ?? {}],
  "logtape.ts": (line) => [line.message, line.level, line.properties ?? {}],
};
const WARN_AND_ERROR: Readonly<Record<string, readonly unknown[]>> = {
  "pino.ts": [40, 50],
  "winston.ts": ["warn", "error"],
  "logtape.ts": ["WARN", "ERROR"],
};

/** The block below a paragraph that names the file at its end. */
function recipe(file: string): string {
  const { text, blocks } = page(PAGE, read(PAGE));
  const lines = text.split("\n");
  const found = blocks.find(({ line }) =>
    lines
      .slice(0, line - 2)
      .join("\n")
      .trimEnd()
      .endsWith(`\`${file}\`:`),
  );
  if (!found) throw new Error(`${PAGE} has no recipe ${file}`);
  return found.text;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-logs-"));
  for (const name of ["pino", "winston", "@logtape/logtape"]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  symlinkSync(ROOT, join(folder, "node_modules/tidegate"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "life.ts"), LIFE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.keys(FORMS))(
  "%s makes a line of each event, with all of its fields, at its level",
  { timeout: 60_000 },
  async (file) => {
    writeFileSync(join(folder, file), recipe(file));
    const args = ["--conditions=tidegate-source", "life.ts", `./${file}`];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    const output = stdout + stderr;
    expect(output).not.toContain("tide-secret");
    const written = output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => FORMS[file]?.(JSON.parse(line)));
    // A console has two streams, whose order is nobody's.
    const [warning, , failed, , ended] = EVENTS.map((name) => written.find((line) => line?.[0] === name));
    expect(written).toHaveLength(EVENTS.length);
    const [warn, error] = WARN_AND_ERROR[file] ?? [];
    const every = { pid: expect.any(Number), instance: expect.stringMatching(/^[0-9a-f]{32}$/) };
    expect(warning).toEqual(["config.warning", warn, expect.objectContaining({ variable: "X", message: "***" })]);
    const own = { field_pid: 1, error: expect.objectContaining({ stack: expect.stringContaining("life.ts") }) };
    expect(failed).toEqual(["mine.failed", error, expect.objectContaining({ ...every, ...own })]);
    expect(ended?.[2]).toMatchObject({ ...every, cut_broken: 0 });
  },
);
