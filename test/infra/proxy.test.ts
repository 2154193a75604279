/** `haproxy.cfg` in front of two real instances, at addresses of their own in place of Docker's names. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { type Server, startServer } from "../support/bundles.ts";
import { eventually, freePort } from "../support/processes.ts";
import { ROOT, textOf } from "./files.ts";

function haproxyUnavailable(): string | undefined {
  try {
    execFileSync("haproxy", ["-v"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "haproxy is not here: apt-get install haproxy";
  }
}
const unavailable = haproxyUnavailable();
const folder = mkdtempSync(join(tmpdir(), "tidegate-proxy-"));

/** A dead database: the proxy may not mind. */
const ENV = {
  APP_ENV: "testing",
  DATABASE_URL: "postgres://app@127.0.0.1:1/fab",
  LOG_LEVEL: "error",
  RATE_LIMIT_PER_MINUTE: "0",
};

async function startInstance(port: number): Promise<Server> {
  const command = [process.execPath, "--conditions=tidegate-source", "functions/node.ts"] as const;
  return startServer(command, { cwd: ROOT, env: { ...ENV, PORT: String(port) }, url: `http://127.0.0.1:${port}/` });
}

let url: string;
let statistics: string;
let proxy: ChildProcess;
const instances: Server[] = [];

beforeAll(async () => {
  if (unavailable) return;
  const [outside, inside, ...ports] = [await freePort(), await freePort(), await freePort(), await freePort()];
  statistics = `http://127.0.0.1:${inside}/`;
  url = `http://127.0.0.1:${outside}/`;
  instances.push(...(await Promise.all(ports.map(startInstance))));
  const servers = ports.map((port) => `server at-${port} 127.0.0.1:${port}`).join("\n    ");
  const config = textOf("infra/docker/haproxy.cfg")
    .replace("bind :8787", `bind 127.0.0.1:${outside}`)
    .replace(" resolvers docker init-addr none", "")
    .replace("server-template app 2 app:8787", servers)
    .replace(/^resolvers docker[\s\S]*$/m, `frontend statistics\n    bind 127.0.0.1:${inside}\n    stats uri /\n`);
  writeFileSync(join(folder, "haproxy.cfg"), config);
  proxy = spawn("haproxy", ["-f", join(folder, "haproxy.cfg")], { stdio: "ignore" });
});
afterAll(async () => {
  if (proxy?.exitCode === null) {
    proxy.kill("SIGTERM");
    await once(proxy, "exit");
  }
  for (const instance of instances) await instance.stop();
  rmSync(folder, { recursive: true });
});

/** What came of the last look at each instance, in HAProxy's words. */
async function checks(): Promise<string[]> {
  const csv = await fetch(`${statistics};csv`).then(
    (response) => response.text(),
    () => "",
  );
  const [names = "", ...lines] = csv.split("\n");
  const column = names.split(",").indexOf("check_status");
  return lines.filter((line) => line.startsWith("app,at-")).map((line) => line.split(",")[column] ?? "");
}
const statusOf = async (path: string) => (await fetch(new URL(path, url))).status;

test.skipIf(unavailable)(
  `the proxy finds instances ready whose database is dead, and loses no request with one that ends${because(unavailable)}`,
  async () => {
    // Until it has looked, it takes them for ready.
    await eventually("it has looked at both", async () => (await checks()).join() === "L7OK,L7OK");
    const counts = new Map<number, number>();
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        const status = await statusOf("health/live");
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await eventually("both are asked", () => (counts.get(200) ?? 0) > 200);
    await instances[0]?.stop();
    await eventually("the proxy has noticed", async () => (await checks()).join() === "L4CON,L7OK");
    isOver = true;
    await Promise.all(clients);
    expect([...counts.keys()]).toEqual([200]);
    expect(await statusOf("health")).toBe(503);
    expect(await statusOf("health/ready")).toBe(200);
  },
);
