/** What the platforms' own tools say of the templates, where they are on this machine. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeOutput } from "../../infra/vercel/output.ts";
import { ROOT } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-infra-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(file: string, ...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
  return { status, said: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}
const missing = (command: string, flag: string, install: string): string | null => {
  const [file = "", ...words] = command.split(" ");
  return run(file, ...words, flag).status === 0 ? null : `${command} is not here: ${install}`;
};

const TOOLS: readonly [what: string, obstacle: string | null, check: () => { status: number | null; said: string }][] =
  [
    [
      "terraform finds the files written as it writes them",
      missing("terraform", "-version", "developer.hashicorp.com/terraform/install"),
      () => run("terraform", "fmt", "-check", "-diff", "infra/terraform"),
    ],
    [
      "kubectl builds the kustomization",
      missing("kubectl", "--help", "kubernetes.io/docs/tasks/tools"),
      () => run("kubectl", "kustomize", "infra/kubernetes"),
    ],
    [
      "systemd takes the unit",
      missing("systemd-analyze", "--version", "apt-get install systemd"),
      () => {
        // Node is somewhere else here; the rest is as it stands.
        const unit = join(folder, "tidegate.service");
        const text = readFileSync(`${ROOT}infra/systemd/tidegate.service`, "utf8");
        writeFileSync(unit, text.replace("/usr/bin/node", process.execPath));
        return run("systemd-analyze", "verify", "--man=no", unit);
      },
    ],
    [
      "HAProxy takes its configuration",
      missing("haproxy", "-v", "apt-get install haproxy"),
      () => run("haproxy", "-c", "-f", "infra/docker/haproxy.cfg"),
    ],
    [
      "docker compose takes the compose file",
      missing("docker compose", "version", "docs.docker.com/compose/install"),
      () => run("docker", "compose", "-f", "infra/docker/compose.yaml", "config", "--no-interpolate", "--quiet"),
    ],
  ];

describe("tools", () => {
  for (const [what, obstacle, check] of TOOLS)
    test(`${what}${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, (context) => {
      if (obstacle !== null) context.skip(obstacle);
      const { status, said } = check();
      expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
    });
});

test("Vercel's output has the function, its settings, the one route and the cron job", async () => {
  const root = `${folder}/`;
  mkdirSync(join(folder, "build/vercel"), { recursive: true });
  copyFileSync(`${ROOT}package.json`, join(folder, "build/vercel/index.js"));
  await writeOutput(root);
  const read = (path: string) => JSON.parse(readFileSync(join(folder, ".vercel/output", path), "utf8"));
  expect(read("config.json")).toEqual({
    version: 3,
    routes: [{ src: "/.*", dest: "/index" }],
    crons: [{ path: "/internal/watchdog", schedule: "* * * * *" }],
  });
  expect(read("functions/index.func/.vc-config.json")).toMatchObject({ handler: "index.js", launcherType: "Nodejs" });
  expect(read("functions/index.func/package.json")).toEqual({ type: "module" });
});
