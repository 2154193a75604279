/** The deploy templates, as far as they can be looked at without their platforms. */
import { existsSync } from "node:fs";
import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { TARGETS } from "../../infra/bundles/runtimes.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { FILES, PLATFORMS, ROOT, textOf, toml, yaml } from "./files.ts";

const KNOWN = new Map(VARIABLE_LIST.map(([name, variable]) => [name as string, variable]));
/** Of Node, of shells, of the platforms' own tools; none is Tidegate's. */
const OTHERS = new Set([
  ...["NODE_ENV", "NODE_OPTIONS", "NODE_VERSION", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"],
  ...[
    "NODE_EXTRA_CA_CERTS",
    "DENO_DEPLOY_TOKEN",
    "DENO_ORG",
    "DENO_APP",
    "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE",
  ],
]);
const unknown = (names: readonly string[]) => names.filter((name) => !KNOWN.has(name) && !OTHERS.has(name));

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

describe("Kubernetes", () => {
  const [deployment] = yaml("infra/kubernetes/deployment.yaml");
  const [service] = yaml("infra/kubernetes/service.yaml");
  const [disruption] = yaml("infra/kubernetes/disruption.yaml");
  const [account, role, binding] = yaml("infra/kubernetes/restarts.yaml");
  const [secret] = yaml("infra/kubernetes/secret.example.yaml");
  const { template, selector, strategy, replicas } = deployment.spec;
  const [container] = template.spec.containers;
  const valueFor = (name: string) => container.env.find((one: { name: string }) => one.name === name)?.value;

  test("asks what lives and what is ready, and never the database", () => {
    expect(container.livenessProbe.httpGet).toEqual({ path: "/health/live", port: "http" });
    expect(container.startupProbe.httpGet).toEqual({ path: "/health/live", port: "http" });
    expect(container.readinessProbe.httpGet).toEqual({ path: "/health/ready", port: "http" });
    expect(container.ports).toEqual([{ name: "http", containerPort: Number(valueFor("PORT")) }]);
  });

  test("replaces pods without a gap, and lets requests end", () => {
    expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    const drainSeconds = 10;
    const { seconds } = container.lifecycle.preStop.sleep;
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + drainSeconds);
    expect(Number(valueFor("EXPECTED_INSTANCES"))).toBe(replicas + strategy.rollingUpdate.maxSurge);
    expect(disruption.spec.minAvailable).toBeLessThan(replicas);
  });

  test("selects the pods that it makes", () => {
    for (const { matchLabels } of [selector, disruption.spec.selector])
      expect(template.metadata.labels).toEqual(matchLabels);
    expect(service.spec.selector).toEqual(selector.matchLabels);
    expect(service.spec.ports[0].targetPort).toBe("http");
  });

  test("lets the restart hook do what it does, to this Deployment alone", () => {
    expect(role.rules).toEqual([
      {
        apiGroups: ["apps"],
        resources: ["deployments"],
        resourceNames: [deployment.metadata.name],
        verbs: ["get", "patch"],
      },
    ]);
    expect(binding.roleRef).toMatchObject({ kind: "Role", name: role.metadata.name });
    expect(binding.subjects).toEqual([{ kind: "ServiceAccount", name: account.metadata.name }]);
    expect(template.spec.serviceAccountName).toBe(account.metadata.name);
    expect([valueFor("RESTART_HOOK"), valueFor("KUBERNETES_DEPLOYMENT")]).toEqual([
      "kubernetes",
      deployment.metadata.name,
    ]);
  });

  test("sets variables of the table, and keeps secrets in the Secret", () => {
    const names: string[] = container.env.map(({ name }: { name: string }) => name);
    expect(unknown([...names, ...Object.keys(secret.stringData)])).toEqual([]);
    expect(names.filter((name) => KNOWN.get(name)?.secret)).toEqual([]);
    expect(container.envFrom).toEqual([{ secretRef: { name: secret.metadata.name } }]);
  });

  test("lists every file but the example and itself", () => {
    const [kustomization] = yaml("infra/kubernetes/kustomization.yaml");
    const others = FILES.filter((path) => path.startsWith("infra/kubernetes/") && path.endsWith(".yaml"))
      .map((path) => path.replace("infra/kubernetes/", ""))
      .filter((name) => !["kustomization.yaml", "secret.example.yaml"].includes(name));
    expect([...kustomization.resources].sort()).toEqual(others.sort());
    expect(kustomization.images[0].name).toBe(container.image);
  });
});

describe("Docker", () => {
  const lines = textOf("infra/docker/Dockerfile").split("\n");
  const [compose] = yaml("infra/docker/compose.yaml");

  test("copies what is there, and runs as an ordinary user what the bundle is", () => {
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(" ") ?? []);
    expect(copied.filter((path) => !existsSync(ROOT + path))).toEqual([]);
    expect(lines).toContain("USER node");
    expect(lines).toContain('CMD ["node", "index.js"]');
    expect(lines.join("\n")).toMatch(/HEALTHCHECK[\s\S]*\/health\/live/);
    // Where compose reads it, too; and the other files that hold secrets.
    const ignored = textOf("infra/docker/Dockerfile.dockerignore").split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["**/.env*", "**/.dev.vars*", "**/*.tfstate*"]));
  });

  test("keeps what the gate needs in Redis, and asks every instance whether it is ready", () => {
    expect(compose.services.redis.command.join(" ")).toContain("--maxmemory-policy noeviction --appendonly yes");
    const proxy = textOf("infra/docker/haproxy.cfg");
    expect(proxy).toMatch(/http-check send .*uri \/health\/ready /);
    const { replicas } = compose.services.app.deploy;
    expect(compose.services.app.environment.EXPECTED_INSTANCES).toBe(String(replicas));
    expect(proxy).toContain(`server-template app ${replicas} app:8787`);
    expect(compose.services.app.environment.TRUSTED_PROXIES).toBe(compose.services.proxy.networks.inside.ipv4_address);
    expect(unknown(Object.keys(compose.services.app.environment))).toEqual([]);
  });

  test("can be started again, and keeps the proxy's address for the proxy", () => {
    const { seed, proxy } = compose.services;
    expect(seed.command.slice(-1)).toEqual(["--once"]);
    const [{ ip_range }] = compose.networks.inside.ipam.config;
    const [network = "", prefix] = ip_range.split("/");
    const others = new BlockList();
    others.addSubnet(network, Number(prefix));
    expect(others.check(proxy.networks.inside.ipv4_address)).toBe(false);
  });
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

test("systemd's environment is one that the application takes", async () => {
  const lines = textOf("infra/systemd/environment.example").split("\n");
  const env = Object.fromEntries(
    lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  expect(unknown(Object.keys(env))).toEqual([]);
  const { readConfig } = await import("../../lib/config.ts");
  expect(readConfig(env).warnings).toEqual([]);
});
