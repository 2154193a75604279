/** Proxies of others in front of two real instances whose database is dead, at addresses of their own in place of names. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { eventually, freePort } from "../support/processes.ts";
import { textOf } from "./files.ts";
import { type Service, startService } from "./service.ts";
import { missing, startTool } from "./tool.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-proxy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const twoInstances = () => Promise.all([startService(), startService()]);

/** Eight clients that never stop asking; what they were answered, with how often. */
function clientsOf(url: string) {
  const counts = new Map<number, number>();
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      const { status } = await fetch(new URL("/health/live", url));
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  return {
    counts,
    asked: (more: number) => {
      const from = counts.get(200) ?? 0;
      return eventually("they are asked", () => (counts.get(200) ?? 0) > from + more, 30_000);
    },
    end: async () => {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

const noHaproxy = missing("haproxy");
describe.skipIf(noHaproxy)(`HAProxy${because(noHaproxy)}`, () => {
  let proxy: ReturnType<typeof startTool> | undefined;
  let instances: readonly Service[] = [];
  let [url, statistics] = ["", ""];

  /** By `haproxy.cfg`, with what is put in the place of its check. */
  async function start(check?: string) {
    instances = await twoInstances();
    const [outside, inside] = [await freePort(), await freePort()];
    [url, statistics] = [`http://127.0.0.1:${outside}/`, `http://127.0.0.1:${inside}/`];
    const servers = instances.map(({ port }) => `server at-${port} 127.0.0.1:${port}`).join("\n    ");
    const config = textOf("infra/docker/haproxy.cfg")
      .replace("bind :8787", `bind 127.0.0.1:${outside}`)
      .replace(" resolvers docker init-addr none", "")
      .replace("server-template app 2 app:8787", servers)
      .replace(/^ {4}option httpchk\n[\s\S]*?^ {4}http-check send .*$/m, (own) => (check ? `    ${check}` : own))
      .replace(/^resolvers docker[\s\S]*$/m, `frontend statistics\n    bind 127.0.0.1:${inside}\n    stats uri /\n`);
    writeFileSync(join(folder, "haproxy.cfg"), config);
    proxy = startTool("haproxy", "-f", join(folder, "haproxy.cfg"));
    if (check) expect(config).not.toContain("http-check");
  }
  async function end() {
    await proxy?.end();
    await Promise.all(instances.map((instance) => instance.stop()));
  }

  /** What came of the last look at each instance, in HAProxy's words. */
  async function checks(): Promise<string> {
    const csv = await fetch(`${statistics};csv`).then(
      (response) => response.text(),
      () => "",
    );
    const [names = "", ...lines] = csv.split("\n");
    const column = names.split(",").indexOf("check_status");
    const ours = lines.filter((line) => line.startsWith("app,at-"));
    return ours.map((line) => line.split(",")[column] ?? "").join();
  }

  test("by our configuration finds instances ready, and loses no request with one that ends", async () => {
    await start();
    // Until it has looked, it takes them for ready.
    await eventually("it has looked at both", async () => (await checks()) === "L7OK,L7OK");
    const clients = clientsOf(url);
    await clients.asked(200);
    await instances[0]?.stop();
    await eventually("the proxy has noticed", async () => (await checks()) === "L4CON,L7OK");
    await clients.end();
    expect([...clients.counts.keys()]).toEqual([200]);
    expect((await fetch(new URL("/health", url))).status).toBe(503);
    expect((await fetch(new URL("/health/ready", url))).status).toBe(200);
    await end();
  });

  test.each(["option httpchk GET /health/ready", "option httpchk HEAD /health/live", "option httpchk"])(
    "by its own `%s`, in HTTP/1.0 and without a host, finds instances ready",
    async (check) => {
      await start(check);
      await eventually("it has looked at both", async () => /^L7\w+,L7\w+$/.test(await checks()));
      expect(await checks()).toBe("L7OK,L7OK");
      expect((await fetch(new URL("/health/live", url))).status).toBe(200);
      await end();
    },
  );
});

const noNginx = missing("nginx");
describe.skipIf(noNginx)(`nginx${because(noNginx)}`, () => {
  let instances: readonly Service[] = [];
  let nginx: ReturnType<typeof startTool>;
  let url = "";
  beforeAll(async () => {
    instances = await twoInstances();
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const servers = instances.map((instance) => `server 127.0.0.1:${instance.port} max_fails=1;`).join(" ");
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream app { ${servers} keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    # As it is by itself: HTTP/1.0, and a connection for each request.
    location /plain/ { proxy_pass http://app/; }
    # As it is recommended: connections that are kept.
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}`,
    );
    nginx = startTool("nginx", "-c", file, "-p", folder);
    const answers = () =>
      fetch(new URL("/health/live", url)).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(`nginx answers\n${nginx.output()}`, answers);
  }, 120_000);
  afterAll(async () => {
    await nginx?.end();
    await Promise.all(instances.map((instance) => instance.stop()));
  });

  test("passes on what health says, and what is refused, in either version of HTTP", async () => {
    for (const prefix of ["/plain", ""]) {
      const status = async (path: string) => (await fetch(new URL(prefix + path, url))).status;
      expect([prefix, await status("/health/ready"), await status("/health")]).toEqual([prefix, 200, 503]);
      const refused = await fetch(new URL(`${prefix}/api/reports/wip-summary`, url));
      expect([prefix, refused.status, refused.headers.get("retry-after")]).toEqual([
        prefix,
        503,
        expect.stringMatching(/^\d+$/),
      ]);
      expect((await fetch(new URL(`${prefix}/health/live`, url), { method: "HEAD" })).status).toBe(200);
    }
  });

  test("keeps its connections, and loses no request with an instance that ends", async () => {
    const clients = clientsOf(url);
    await clients.asked(200);
    await instances[0]?.stop();
    await clients.asked(200);
    await clients.end();
    expect([...clients.counts.keys()]).toEqual([200]);
  });
});
