/** Checks of others, as they come from their packages, in front of an instance whose database answers, and then does not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { cli } from "../support/cli.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually, freePort } from "../support/processes.ts";
import { textOf } from "./files.ts";
import { type Service, startService } from "./service.ts";
import { missing, run, startTool } from "./tool.ts";

const CHECK_HTTP = "/usr/lib/nagios/plugins/check_http";
const folder = mkdtempSync(join(tmpdir(), "tidegate-monitors-"));
const noPostgres = postgresUnavailable();

let postgres: PostgresServer;
let healthy: Service;
let dead: Service;
beforeAll(async () => {
  if (noPostgres) return;
  postgres = await startPostgres();
  [healthy, dead] = await Promise.all([startService({ DATABASE_URL: postgres.url }), startService()]);
  await eventually("it is healthy", async () => (await fetch(new URL("/health", healthy.url))).status === 200, 60_000);
}, 120_000);
afterAll(async () => {
  await Promise.all([healthy?.stop(), dead?.stop()]);
  await postgres?.dispose();
  rmSync(folder, { recursive: true });
});

const noCheck = missing(CHECK_HTTP) ?? noPostgres;
describe.skipIf(noCheck)(`check_http${because(noCheck)}`, () => {
  const check = ({ port }: Service, path: string, ...more: string[]) =>
    run(CHECK_HTTP, "-I", "127.0.0.1", "-p", String(port), "-u", path, ...more);

  test("without a host, in HTTP/1.0, says what health says", () => {
    expect(check(healthy, "/health")).toMatchObject({ status: 0, said: expect.stringContaining("200 OK") });
    expect(check(dead, "/health")).toMatchObject({ status: 2, said: expect.stringContaining("503") });
  });

  test("with a host, in HTTP/1.1, finds the verdict in the answer", () => {
    const verdict = ["-H", "app.example", "-s", '"status":"healthy"'];
    expect(check(healthy, "/health", ...verdict).status).toBe(0);
    expect(check(dead, "/health", ...verdict).status).toBe(2);
  });

  test("by HEAD, finds an instance that lives and is ready whatever its database does", () => {
    for (const path of ["/health/live", "/health/ready"])
      expect([path, check(dead, path, "-j", "HEAD").status]).toEqual([path, 0]);
  });

  test("ends as tidegate probe --nagios does", async () => {
    for (const service of [healthy, dead]) {
      const own = await cli(["probe", service.url, "--nagios"]);
      expect(own.code).toBe(check(service, "/health").status);
      // As Nagios takes a line apart: what is said, a bar, figures with their units.
      expect(own.out).toMatch(/^TIDEGATE (OK|CRITICAL) - [^|\n]+ \|( '?\w+'?=[\d.]+(s|%)(;[\d.]*){0,4})+\n$/);
    }
    expect(run(CHECK_HTTP, "--help").status).toBe((await cli(["probe", "--help", "--nagios"])).code);
  });
});

const noBlackbox = missing("prometheus-blackbox-exporter") ?? noPostgres;
describe.skipIf(noBlackbox)(`a blackbox exporter${because(noBlackbox)}`, () => {
  /** As they are shipped, and one that asks as old checks do. */
  const MODULES = `${textOf("infra/observability/blackbox/blackbox.yaml")}
  old: { prober: http, http: { method: HEAD, valid_http_versions: ["HTTP/1.1"] } }
`;
  let exporter: ReturnType<typeof startTool>;
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    const file = join(folder, "blackbox.yml");
    writeFileSync(file, MODULES);
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    exporter = startTool("prometheus-blackbox-exporter", `--config.file=${file}`, listen);
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/-/healthy`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(`the exporter answers\n${exporter.output()}`, answers);
  });
  afterAll(() => exporter?.end());

  async function probe(module: string, { url }: Service, path: string) {
    const target = encodeURIComponent(new URL(path, url).href);
    const text = await (await fetch(`http://127.0.0.1:${port}/probe?module=${module}&target=${target}`)).text();
    const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    return [figure("probe_success"), figure("probe_http_status_code")];
  }

  test("tells a dead database from an instance that is up", async () => {
    for (const [module, succeeds] of Object.entries({
      http_tidegate_answers: 1,
      http_tidegate_healthy: 1,
      http_tidegate_degraded: 0,
    })) {
      expect([module, ...(await probe(module, healthy, "/health"))]).toEqual([module, succeeds, 200]);
      expect([module, ...(await probe(module, dead, "/health"))]).toEqual([module, 0, 503]);
    }
    expect(await probe("http_tidegate_live", dead, "/health/live")).toEqual([1, 200]);
    expect(await probe("http_tidegate_live", dead, "/health/ready")).toEqual([1, 200]);
    expect(await probe("old", dead, "/health/live")).toEqual([1, 200]);
  });
});

const noPromtool = missing("promtool");
test.skipIf(noPromtool)(`promtool finds nothing to mend in the metrics${because(noPromtool)}`, async () => {
  const service = await startService({ METRICS_PUBLIC: "true" });
  await fetch(new URL("/health", service.url));
  const file = join(folder, "metrics.txt");
  writeFileSync(file, await (await fetch(new URL("/metrics", service.url))).text());
  const { status, said } = run("sh", "-c", `promtool check metrics < ${file}`);
  await service.stop();
  expect([status, said]).toEqual([0, ""]);
});
