/** What the platforms' own tools say of the templates, where they are on this machine. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeOutput } from "../../infra/vercel/output.ts";
import { because } from "../support/because.ts";
import { ROOT, textOf } from "./files.ts";
import { missing, PACKAGES, type Ran, run } from "./tool.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-infra-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where a tool is no package of Debian's. */
const absent = (command: string, flag: string, where: string): string | undefined => {
  const [file = "", ...words] = command.split(" ");
  return run(file, ...words, flag).status === 0 ? undefined : `${command} is not here: ${where}`;
};
/** In the folder, with a change that the place needs. */
function copied(path: string, change: (text: string) => string): string {
  const copy = join(folder, basename(path));
  writeFileSync(copy, change(textOf(path)));
  return copy;
}

const COMPOSE = "infra/docker/compose.yaml";
const TOOLS: readonly [what: string, obstacle: string | undefined, check: () => Ran][] = [
  [
    "terraform finds the files written as it writes them",
    absent("terraform", "-version", "developer.hashicorp.com/terraform/install"),
    () => run("terraform", "fmt", "-check", "-diff", "infra/terraform"),
  ],
  [
    "kubectl builds the kustomization",
    absent("kubectl", "--help", "kubernetes.io/docs/tasks/tools"),
    () => run("kubectl", "kustomize", "infra/kubernetes"),
  ],
  [
    "kubeconform takes the manifests",
    absent("kubeconform", "-v", "github.com/yannh/kubeconform"),
    () => run("kubeconform", "-strict", "-ignore-missing-schemas", "infra/kubernetes"),
  ],
  [
    "systemd takes the unit",
    missing("systemd-analyze"),
    () => {
      // Node is somewhere else here; the rest is as it stands.
      const unit = copied("infra/systemd/tidegate.service", (text) => text.replace("/usr/bin/node", process.execPath));
      return run("systemd-analyze", "verify", "--man=no", unit);
    },
  ],
  ["HAProxy takes its configuration", missing("haproxy"), () => run("haproxy", "-c", "-f", "infra/docker/haproxy.cfg")],
  [
    "docker compose takes the compose file",
    absent("docker compose", "version", "docs.docker.com/compose/install"),
    () => run("docker", "compose", "-f", COMPOSE, "config", "--no-interpolate", "--quiet"),
  ],
  [
    "Debian's docker-compose takes the compose file, but for the project's name, which is newer",
    missing("docker-compose"),
    () => {
      const file = copied(COMPOSE, (text) => text.replace(/^name: .*$/m, "").replaceAll("../..", ROOT));
      return run("docker-compose", "-f", file, "config", "--no-interpolate", "--quiet");
    },
  ],
];

describe("tools", () => {
  for (const [what, obstacle, check] of TOOLS)
    test(`${what}${because(obstacle)}`, (context) => {
      if (obstacle !== undefined) context.skip(obstacle);
      const { status, said } = check();
      expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
    });
});

test("the page for developers names the packages of all that is asked for", () => {
  const [, named = ""] =
    /^apt-get install --no-install-recommends ([\s\S]*?)\n```/m.exec(textOf("CONTRIBUTING.md")) ?? [];
  expect(named.split(/[\s\\]+/).sort()).toEqual([...new Set<string>(Object.values(PACKAGES))].sort());
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
