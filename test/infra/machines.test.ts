/** The image with its compose file, and the unit of systemd. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { TARGETS } from "../../infra/bundles/runtimes.ts";
import { ConfigError, readConfig } from "../../lib/config.ts";
import { ROOT, textOf, yaml } from "./files.ts";
import { drainMs, EX_CONFIG, MEASURED_MIB, mebibytes, unknown } from "./measures.ts";

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

  test("starts again what falls, but not for ever what cannot start, and bounds every service", () => {
    const { app, seed, ...servers } = compose.services;
    expect(app.restart).toMatch(/^on-failure:\d+$/);
    expect(seed.restart).toBeUndefined();
    for (const [name, { restart }] of Object.entries<{ restart: string }>(servers))
      expect([name, restart]).toEqual([name, "unless-stopped"]);
    for (const [name, service] of Object.entries<{ deploy?: { resources: { limits: { memory: string } } } }>(
      compose.services,
    ))
      expect([name, mebibytes(service.deploy?.resources.limits.memory ?? "") > 0]).toEqual([name, true]);
    const { limits, reservations } = app.deploy.resources;
    expect(mebibytes(reservations.memory)).toBeGreaterThan(MEASURED_MIB);
    expect(mebibytes(limits.memory)).toBeGreaterThanOrEqual(2 * MEASURED_MIB);
    expect(Number.parseInt(app.stop_grace_period, 10)).toBeGreaterThan(drainMs / 1_000);
  });

  test("has the command, by its name", () => {
    expect(TARGETS.find(({ name }) => name === "node")?.command).toBe(true);
    expect(lines).toContain("RUN ln -s /app/tidegate.js /usr/local/bin/tidegate");
    expect(lines.indexOf("USER node")).toBeGreaterThan(lines.findIndex((line) => line.startsWith("RUN ln")));
    expect(textOf("infra/docker/README.md")).toMatch(/docker run .* tidegate tidegate doctor/);
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

describe("systemd", () => {
  const unit = textOf("infra/systemd/tidegate.service");
  const settingOf = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];
  const example = Object.fromEntries(
    textOf("infra/systemd/environment.example")
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  const secret = () => randomBytes(32).toString("base64");

  test("has an environment that the application takes once its secrets are some", () => {
    expect(unknown(Object.keys(example))).toEqual([]);
    const changed = { ...example, ADMIN_TOKENS: `ada:${secret()}`, SESSION_SECRET: secret() };
    expect(readConfig(changed).warnings).toEqual([]);
    const asItStands = () => readConfig(example);
    expect(asItStands).toThrow(ConfigError);
    expect(asItStands).toThrow(/ADMIN_TOKENS[\s\S]*SESSION_SECRET|SESSION_SECRET[\s\S]*ADMIN_TOKENS/);
  });

  test("starts again what falls, and leaves what cannot start", () => {
    expect([settingOf("Restart"), settingOf("RestartPreventExitStatus")]).toEqual(["on-failure", EX_CONFIG]);
    expect(Number(settingOf("TimeoutStopSec"))).toBeGreaterThan(drainMs / 1_000);
  });

  test("has nothing read its environment in another way than systemd does", () => {
    const page = textOf("infra/systemd/README.md");
    expect(page).not.toMatch(/(?:\.|source) \/etc\/tidegate\/environment/);
    expect(page).toMatch(/systemd-run [\s\S]*--property=EnvironmentFile=\/etc\/tidegate\/environment[\s\S]* doctor/);
    expect(page).toContain(`--property=User=${settingOf("User")}`);
  });
});
