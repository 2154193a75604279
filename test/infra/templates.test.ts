/** The deploy templates, as far as they can be looked at without their platforms. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TARGETS } from "../../infra/bundles/runtimes.ts";
import { FILES, PLATFORMS, ROOT, textOf, toml, yaml } from "./files.ts";
import { PERMITS, unknown } from "./measures.ts";

test("every platform has a page that says how to deploy, check and restart", () => {
  for (const platform of PLATFORMS) {
    const page = textOf(`infra/${platform}/README.md`);
    expect([platform, page.startsWith("# "), page.includes("```sh")]).toEqual([platform, true, true]);
    if (platform !== "terraform") expect([platform, /\*\*Restarts\*\*/.test(page)]).toEqual([platform, true]);
    if (platform !== "terraform")
      expect([platform, page.includes("/health") || page.includes("health")]).toEqual([platform, true]);
  }
});

test("every YAML, TOML and JSON file is one", () => {
  for (const path of FILES) {
    if (/\.ya?ml$/.test(path)) expect(yaml(path).length, path).toBeGreaterThan(0);
    if (path.endsWith(".toml")) expect(Object.keys(toml(path)).length, path).toBeGreaterThan(0);
    if (path.endsWith(".json")) expect(() => JSON.parse(textOf(path)), path).not.toThrow();
  }
  expect(FILES.length).toBeGreaterThan(20);
});

test("every variable that a page names is one of the table", () => {
  const names = PLATFORMS.flatMap((platform) =>
    [...textOf(`infra/${platform}/README.md`).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*| = [^`]*)?`/g)].map(
      ([, name]) => name ?? "",
    ),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(unknown(names)).toEqual([]);
});

test("every file of the repository that is named in them exists, or is built", () => {
  const built = new Set(TARGETS.map(({ name }) => `build/${name}`));
  const named = FILES.flatMap((path) =>
    [...textOf(path).matchAll(/(?<![\w/.-])(?:infra|functions|build)\/[\w./-]*\w/g)].map(([found]) => ({
      path,
      found,
    })),
  );
  expect(named.length).toBeGreaterThan(20);
  // Made by netlify.toml's own command.
  const made = (found: string) =>
    found.startsWith("build/functions") || [...built].some((folder) => found.startsWith(folder));
  expect(named.filter(({ found }) => !existsSync(ROOT + found) && !made(found))).toEqual([]);
});

describe("functions", () => {
  test("Lambda streams, is watched, and may do to itself what the hook does", () => {
    const [template] = yaml("infra/lambda/template.yaml");
    const { Properties: properties } = template.Resources.Function;
    expect(unknown(Object.keys(properties.Environment.Variables))).toEqual([]);
    expect([properties.Handler, properties.FunctionUrlConfig.InvokeMode]).toEqual([
      "index.streaming",
      "RESPONSE_STREAM",
    ]);
    expect(properties.Environment.Variables.AWS_LAMBDA_ALIAS).toBe(properties.AutoPublishAlias);
    const [statement] = properties.Policies[0].Statement;
    expect(statement.Resource.every((arn: string) => arn.includes(`function:${properties.FunctionName}`))).toBe(true);
    for (const action of ["GetFunctionConfiguration", "UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias"])
      expect(statement.Action).toContain(`lambda:${action}`);
    const longestMs = Number(properties.Environment.Variables.DB_SLOW_CALL_TIMEOUT_MS);
    expect(properties.Timeout * 1_000).toBeGreaterThan(longestMs);
  });

  test("Vercel's cron job and Netlify's function ask the watchdog", () => {
    const { crons } = JSON.parse(textOf("infra/vercel/vercel.json"));
    expect(crons).toEqual([{ path: "/internal/watchdog", schedule: "* * * * *" }]);
    expect(textOf("infra/netlify/watchdog.mjs")).toContain("/internal/watchdog");
    const { functions, build } = toml("infra/netlify/netlify.toml");
    expect(functions).toMatchObject({ directory: "build/functions", node_bundler: "none" });
    // Without a bundler, what an entry imports is sent along only where it is named.
    expect(functions.netlify.included_files).toEqual(["build/functions/netlify/**"]);
    expect(build.command).toContain("> build/functions/netlify/package.json");
  });

  test("the workflow of Deno Deploy can be started by the hook", () => {
    const [workflow] = yaml("infra/deno-deploy/deploy.yml");
    expect(workflow.on).toHaveProperty("workflow_dispatch");
  });
});

test("Workers have no more instances than permits, in each environment", () => {
  const { vars, env } = toml("wrangler.toml");
  for (const each of [vars, ...Object.values<{ vars: typeof vars }>(env).map((one) => one.vars)]) {
    const permits = Number(each.DB_MAX_CONCURRENT ?? PERMITS);
    expect([each.APP_ENV, Number(each.EXPECTED_INSTANCES) <= permits]).toEqual([each.APP_ENV, true]);
  }
});
