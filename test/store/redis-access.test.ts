/** How one gets in: certificates, unix sockets, and passwords that change, fail or never come. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { type RedisOptions, redis } from "../../lib/store/redis/redis.ts";
import { because } from "../support/because.ts";
import { eventually, freePort } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

const unavailable = redisUnavailable();

function open(options: RedisOptions): Store {
  const store = redis(options).open(systemRuntime());
  onTestFinished(() => store.close());
  return store;
}
const said = (store: Store) =>
  Promise.resolve()
    .then(() => store.kv.get("value"))
    .then(String, (error: Error) => error.message);

describe.skipIf(unavailable)(`getting in to a Redis${because(unavailable)}`, () => {
  let folder: string;
  let server: RedisServer;
  let tlsPort: number;
  const file = (name: string) => join(folder, name);
  const pem = (name: string) => readFileSync(file(name), "utf8");

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidegate-redis-access-"));
    const openssl = (line: string) => execFileSync("openssl", line.split(" "), { cwd: folder, stdio: "ignore" });
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=authority");
    for (const name of ["server", "client"]) {
      openssl(`req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=cache.example`);
      openssl(`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out ${name}.pem`);
    }
    tlsPort = await freePort();
    server = await startRedis({
      settings: {
        requirepass: "first",
        unixsocket: file("redis.sock"),
        "tls-port": String(tlsPort),
        "tls-cert-file": file("server.pem"),
        "tls-key-file": file("server.key"),
        "tls-ca-cert-file": file("ca.pem"),
        "tls-auth-clients": "yes",
      },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test("takes an authority of one's own, a certificate of one's own, and the name in the server's", async () => {
    const tls = { ca: pem("ca.pem"), cert: pem("client.pem"), key: pem("client.key"), servername: "cache.example" };
    const url = `rediss://:first@127.0.0.1:${tlsPort}`;
    expect(await said(open({ url, tls }))).toBe("null");
    expect(await said(open({ url }))).toMatch(/certificate/);
    expect(await said(open({ url, tls: { ...tls, servername: "other.example" } }))).toMatch(/does not match/);
    const { cert: _cert, key: _key, ...anonymous } = tls;
    expect(await said(open({ url, tls: anonymous }))).toMatch(/a server that answers is needed, found: /);
  });

  test("takes a unix socket", async () => {
    expect(await said(open({ url: `redis+unix://:first@${file("redis.sock")}?db=2` }))).toBe("null");
  });

  test("asks for the password at every connect", async () => {
    const rotate = (to: string) =>
      server.tell("ACL", "SETUSER", "app", "on", "resetpass", `>${to}`, "~*", "&*", "+@all");
    await rotate("one");
    let current = "one";
    let asked = 0;
    const password = async () => {
      asked += 1;
      return current;
    };
    const store = open({ url: `redis://127.0.0.1:${server.port}`, username: "app", password });
    expect(await said(store)).toBe("null");
    await rotate("two");
    current = "two";
    await server.tell("CLIENT", "KILL", "USER", "app");
    await eventually("the new one is taken", async () => asked > 1 && (await said(store)) === "null");
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("the vault is sealed");
      },
      /the password function failed: the vault is sealed/,
    ],
    [
      "rejects",
      () => Promise.reject(new Error("the vault is away")),
      /the password function failed: the vault is away/,
    ],
    ["never answers", () => new Promise(() => {}), /the password function must answer within 2000 ms, and did not/],
    ["returns none", () => undefined, /the password function must return a text, and returned undefined/],
  ])("says so where the password function %s, and asks again", async (_, answer, found) => {
    let asked = 0;
    const password = () => {
      asked += 1;
      return answer() as string;
    };
    const store = open({ url: `redis://127.0.0.1:${server.port}`, password });
    expect(await said(store)).toMatch(found);
    await eventually("it asks again", () => asked > 1);
    const startedAt = performance.now();
    expect(await said(store)).toMatch(/a server that answers is needed/);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });

  test("waits for nobody who lets it in at the door, and then is silent", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const store = open({ url: `redis://:first@127.0.0.1:${port}` });
    expect(await said(store)).toMatch(/it lets nobody in within 2000 ms/);
  });
});
