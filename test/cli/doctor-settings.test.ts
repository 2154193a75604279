/** The doctor in front of settings that are right by themselves: whether they go together, and whether the audit has a place. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkAudit } from "../../lib/cli/doctor/audit.ts";
import { checkConfiguration } from "../../lib/cli/doctor/configuration.ts";
import { readConfig } from "../../lib/config.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { because } from "../support/because.ts";

const runtime = systemRuntime();
type Environment = Readonly<Record<string, string>>;
const SHARED: Environment = {
  APP_ENV: "testing",
  DATABASE_URL: "postgres://127.0.0.1:1/fab",
  STATE_URL: "redis://127.0.0.1:1",
  EXPECTED_INSTANCES: "2",
};

describe("settings that do not go together", () => {
  const said = (env: Environment) =>
    checkConfiguration(readConfig({ ...SHARED, ...env })).flatMap(({ about, verdict, found }) =>
      verdict === "ok" ? [] : [`${about}: ${found}`],
    );

  test.each<[string, Environment, string, Environment]>([
    [
      "more workers on a machine than instances",
      { WEB_CONCURRENCY: "4" },
      "configuration: EXPECTED_INSTANCES is 2, and one machine alone has 4 (WEB_CONCURRENCY)",
      { WEB_CONCURRENCY: "2" },
    ],
    [
      "more instances than permits",
      { EXPECTED_INSTANCES: "200" },
      "capacity: 200 instances (EXPECTED_INSTANCES) share 30 permits (DB_MAX_CONCURRENT): while the store is away, 170",
      { EXPECTED_INSTANCES: "200", STATE_FALLBACK: "closed" },
    ],
    [
      "a rate of slow calls where none is slow",
      { CIRCUIT_BREAKER_SLOW_RATE: "0.5" },
      "breaker: it opens when 0.5 of the calls are slow",
      { CIRCUIT_BREAKER_SLOW_RATE: "0.5", CIRCUIT_BREAKER_SLOW_CALL_MS: "2000" },
    ],
    [
      "a lane for slow calls that ends them sooner",
      { DB_CALL_TIMEOUT_MS: "55000", DB_SLOW_CALL_TIMEOUT_MS: "30000" },
      "deadlines: 55000 ms for a call (DB_CALL_TIMEOUT_MS), and only 30000 ms in the slow lane",
      { DB_CALL_TIMEOUT_MS: "30000", DB_SLOW_CALL_TIMEOUT_MS: "30000" },
    ],
    [
      "everybody as a proxy",
      { TRUSTED_PROXIES: "10.0.0.0/8,0.0.0.0/0" },
      "proxies: TRUSTED_PROXIES has 0.0.0.0/0: anybody",
      { TRUSTED_PROXIES: "10.0.0.0/8,192.0.2.1,fc00::/7" },
    ],
    [
      "everybody in halves, or by the other family",
      { TRUSTED_PROXIES: "0.0.0.0/1,128.0.0.0/1,::/0" },
      "proxies: TRUSTED_PROXIES has 0.0.0.0/1, 128.0.0.0/1, ::/0: anybody",
      { TRUSTED_PROXIES: "2001:db8::/32" },
    ],
  ])("%s: %o is warned of", (_, dubious, told, fine) => {
    expect(said(dubious)).toEqual([expect.stringContaining(told)]);
    expect(said(fine)).toEqual([]);
  });
});

describe("an audit file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidegate-doctor-audit-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const check = async (file: string) =>
    (await checkAudit(readConfig({ APP_ENV: "staging", DATABASE_URL: "pglite:", AUDIT_FILE: file }), runtime))[0];

  test("that is there, or can be made, is fine, and is left as it is", async () => {
    const there = join(folder, "audit.jsonl");
    await writeFile(there, "{}\n");
    expect(await check(there)).toMatchObject({ verdict: "ok", found: `goes to ${there}` });
    expect(await readFile(there, "utf8")).toBe("{}\n");
    const made = join(folder, "later.jsonl");
    expect(await check(made)).toMatchObject({ verdict: "ok" });
    await expect(stat(made)).rejects.toThrow("ENOENT");
  });

  test("that cannot be written has to be mended", async () => {
    await mkdir(join(folder, "a-folder"));
    const places = [join(folder, "a-folder"), join(folder, "missing", "audit.jsonl"), "/proc/audit.jsonl", "/dev/null"];
    const found = await Promise.all(places.map(check));
    expect(found.map((one) => one?.verdict)).toEqual(["fail", "fail", "fail", "fail"]);
    expect(found[0]).toMatchObject({
      found: expect.stringMatching(/^cannot be written to .*a-folder \(EISDIR\), so that restarts are refused$/),
      remedy: expect.stringContaining("AUDIT_FILE"),
    });
  });

  const isRoot = process.getuid?.() === 0 ? "root may write everywhere" : undefined;
  test.skipIf(isRoot)(`that belongs to others has to be mended${because(isRoot)}`, async () => {
    const theirs = join(folder, "theirs.jsonl");
    await writeFile(theirs, "");
    await chmod(theirs, 0o400);
    expect(await check(theirs)).toMatchObject({ verdict: "fail", found: expect.stringContaining("EACCES") });
  });

  test("is not needed where the store keeps the audit, or it may end with the process", async () => {
    expect(await checkAudit(readConfig(SHARED), runtime)).toEqual([]);
    expect(await checkAudit(readConfig({ APP_ENV: "development" }), runtime)).toMatchObject([{ verdict: "ok" }]);
    expect(await checkAudit(readConfig({ APP_ENV: "staging" }), runtime)).toMatchObject([{ verdict: "warn" }]);
  });
});
