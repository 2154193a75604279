import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { envExample, settingsSection, withSection } from "../../infra/generate/environment.ts";
import { exampleLock, exampleLocks } from "../../infra/generate/example-locks.ts";
import { generate } from "../../infra/generate/generate.ts";
import { jsrManifest } from "../../infra/generate/jsr.ts";
import { withEvents } from "../../infra/generate/log-events.ts";
import { metricsPage } from "../../infra/generate/metrics.ts";
import { consoleScript, pageScripts } from "../../infra/generate/scripts.ts";
import { demoModule, libraryModule } from "../../infra/openapi/openapi.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { readConfig } from "../../lib/config.ts";

const root = new URL("../../", import.meta.url);
/** Pages with tables that are made, beside docs/settings.md. */
const PAGES = ["docs/operating/logs.md", "docs/operating/metrics.md"];
const MARKS = "# x\n\n<!-- environment:start -->\n<!-- environment:end -->\n\nend\n";

async function emptyFolder(): Promise<string> {
  vi.spyOn(console, "log").mockImplementation(() => {});
  const folder = await mkdtemp(join(tmpdir(), "tidegate-generate-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return `${folder}/`;
}

test(".env.example is what the table says: `npm run generate` brings it up to date", async () => {
  expect(await readFile(new URL(".env.example", root), "utf8")).toBe(envExample());
});

test("docs/settings.md is what the table says: `npm run generate` brings it up to date", async () => {
  const page = await readFile(new URL("docs/settings.md", root), "utf8");
  expect(withSection(page)).toBe(page);
});

test("tables of metrics and of events are what the code says: `npm run generate` brings them up to date", async () => {
  const [logs, metrics] = await Promise.all(PAGES.map((page) => readFile(new URL(page, root), "utf8")));
  expect(withEvents(logs ?? null)).toBe(logs);
  expect(metricsPage(metrics ?? null)).toBe(metrics);
});

test("the pages' scripts are what their sources say: `npm run generate` brings them up to date", async () => {
  const scripts = await readFile(new URL("functions/pages/scripts.generated.ts", root), "utf8");
  expect(scripts).toBe(await pageScripts());
  const console = await readFile(new URL("lib/http/routes/console/script.generated.ts", root), "utf8");
  expect(console).toBe(await consoleScript());
});

test("the descriptions of the addresses are what the routes say: `npm run generate` brings them up to date", async () => {
  expect(await readFile(new URL("functions/openapi.generated.ts", root), "utf8")).toBe(demoModule());
  expect(await readFile(new URL("lib/openapi/document.generated.ts", root), "utf8")).toBe(libraryModule());
});

test("jsr.json is what package.json says: `npm run generate` brings it up to date", async () => {
  expect(await readFile(new URL("jsr.json", root), "utf8")).toBe(await jsrManifest());
});

test("lock files of examples ask for what package.json does: `npm run generate` brings them up to date", async () => {
  const locks = exampleLocks(fileURLToPath(root));
  expect(locks).toHaveLength(5);
  for (const path of locks) {
    const lock = await readFile(new URL(path, root), "utf8");
    expect(exampleLock(lock)).toBe(lock);
    const asInstalled = lock.replace(
      '"resolved": "file:',
      '"integrity": "sha512-of-one-build",\n      "resolved": "file:',
    );
    expect(asInstalled).not.toBe(lock);
    expect(exampleLock(asInstalled)).toBe(lock);
  }
  expect(() => exampleLock('{"packages":{}}')).toThrow("has undefined; pack it, and npm install");
});

test("both name every variable, and the example changes nothing once its comments are gone", () => {
  const settings = [...envExample().matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]);
  expect(settings.map(([name]) => name)).toEqual(VARIABLE_LIST.map(([name]) => name));
  expect(readConfig(Object.fromEntries(settings))).toEqual(readConfig({}));
  for (const [name] of VARIABLE_LIST) expect(settingsSection()).toContain(`| \`${name}\``);
});

test("generating writes all files, and then has nothing more to do", async () => {
  const folder = await emptyFolder();
  await mkdir(`${folder}docs/operating`, { recursive: true });
  await writeFile(`${folder}docs/settings.md`, MARKS);
  for (const page of PAGES) await copyFile(new URL(page, root), folder + page);
  expect(await generate(folder, true)).toHaveLength(10);
  expect(await generate(folder, false)).toEqual([]);
  expect(await generate(folder, true)).toEqual([]);
  const page = await readFile(`${folder}docs/settings.md`, "utf8");
  expect(page.startsWith("# x\n\n<!-- environment:start -->\n\n## Application")).toBe(true);
  expect(page.endsWith("<!-- environment:end -->\n\nend\n")).toBe(true);
});

test("without docs/settings.md or its marks, .env.example is written all the same, and the rest is said", async () => {
  const folder = await emptyFolder();
  const [settings, ...others] = await generate(folder, false);
  expect(settings).toContain("no such file");
  expect(others.map((complaint) => PAGES.find((page) => complaint.includes(page)))).toEqual(PAGES);
  expect(await readFile(`${folder}.env.example`, "utf8")).toBe(envExample());
  await mkdir(`${folder}docs/operating`, { recursive: true });
  for (const page of PAGES) await copyFile(new URL(page, root), folder + page);
  await writeFile(`${folder}docs/settings.md`, "<!-- environment:end -->\n<!-- environment:start -->\n");
  expect(await generate(folder, false)).toEqual([expect.stringContaining("in this order")]);
});
