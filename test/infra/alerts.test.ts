/** The rules of Prometheus and Alertmanager, as their own tools see them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { ROOT, textOf } from "./files.ts";
import { missing, run } from "./tool.ts";

const FOLDER = "infra/observability/prometheus";
const folder = mkdtempSync(join(tmpdir(), "tidegate-alerts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const noPromtool = missing("promtool");
test.skipIf(noPromtool)(`each alert fires when it should, and not when it should not${because(noPromtool)}`, () => {
  const tests = readdirSync(`${ROOT}${FOLDER}/tests`).map((name) => `${FOLDER}/tests/${name}`);
  expect(tests.length).toBeGreaterThan(5);
  const { status, said } = run("promtool", "test", "rules", ...tests);
  expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
});

test.skipIf(noPromtool)(`Prometheus takes its configuration and the rules${because(noPromtool)}`, () => {
  const token = join(folder, "token");
  writeFileSync(token, "a token");
  const config = textOf(`${FOLDER}/prometheus.yaml`)
    .replace("/run/secrets/monitor_token", token)
    .replace(/rule_files: .*/, `rule_files: [${ROOT}${FOLDER}/rules.yaml, ${ROOT}${FOLDER}/alerts.yaml]`);
  writeFileSync(join(folder, "prometheus.yaml"), config);
  const { status, said } = run("promtool", "check", "config", join(folder, "prometheus.yaml"));
  expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
});

const noAmtool = missing("amtool");
test.skipIf(noAmtool)(`Alertmanager takes its configuration${because(noAmtool)}`, () => {
  const { status, said } = run("amtool", "check-config", `${FOLDER}/alertmanager.yaml`);
  expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
});
