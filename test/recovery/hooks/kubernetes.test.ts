/** Kubernetes: what is sent, how far a rollout is, and what a pod is given, by a real server with a certificate of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { kubernetes } from "../../../lib/recovery/hooks/kubernetes/kubernetes.ts";
import { systemRuntime } from "../../../lib/runtime.ts";
import { selfSigned } from "../../support/certificate.ts";
import { hasty } from "./hasty.ts";
import { ROLLED_OUT } from "./scenes/services.ts";
import { firing, never, type Reply, startPlatform } from "./server.ts";

const URL_GIVEN = "https://k8s.example.com:6443/";
const DEPLOYMENT = "https://k8s.example.com:6443/apis/apps/v1/namespaces/web/deployments/shop";

async function scene(answer: (line: string, earlier: number) => Reply = () => ({ body: ROLLED_OUT })) {
  const platform = await startPlatform(({ line }, earlier) => answer(line, earlier), hasty());
  const target = { deployment: "shop", namespace: "web", url: URL_GIVEN, token: "eyJsecretsecret" };
  return { ...platform, hook: kubernetes(target, platform.runtime) };
}

test("the pod template gets the time of the restart, as kubectl writes it", async () => {
  const { hook, requests } = await scene();
  expect(await hook.fire(firing)).toMatchObject({ id: "generation-4", url: null });
  const [read, patch] = requests;
  expect(requests.map(({ line }) => line)).toEqual([`GET ${DEPLOYMENT}`, `PATCH ${DEPLOYMENT}?fieldManager=tidegate`]);
  expect([read?.headers.authorization, patch?.headers.authorization]).toEqual(Array(2).fill("Bearer eyJsecretsecret"));
  expect(patch?.headers["content-type"]).toBe("application/strategic-merge-patch+json");
  const at = JSON.parse(patch?.body ?? "").spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"];
  expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test("what is asked for again is the same, so that it is one restart", async () => {
  const { hook, requests } = await scene((line, earlier) =>
    line.startsWith("PATCH") && earlier < 3 ? { status: 503 } : { body: ROLLED_OUT },
  );
  await hook.fire(firing);
  const bodies = requests.filter(({ line }) => line.startsWith("PATCH")).map(({ body }) => body);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
});

test("a paused deployment is not touched", async () => {
  const { hook, lines } = await scene(() => ({ body: { ...ROLLED_OUT, spec: { replicas: 2, paused: true } } }));
  await expect(hook.fire(firing)).rejects.toMatchObject({
    fault: "refused",
    message: expect.stringContaining("resume it"),
  });
  expect(lines().filter((line) => line.startsWith("PATCH"))).toEqual([]);
});

test("a dry run asks the server for all but keeping it", async () => {
  const { hook, lines } = await scene();
  expect(await hook.dryRun(never)).toMatchObject({ checked: "Kubernetes would restart shop with its 2 pods." });
  expect(lines().at(-1)).toBe(`PATCH ${DEPLOYMENT}?fieldManager=tidegate&dryRun=All`);
});

describe("a rollout", () => {
  const status = { observedGeneration: 4, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  const stuck = [{ type: "Progressing", reason: "ProgressDeadlineExceeded" }];
  test.each<[what: string, status: object | undefined, state: string]>([
    ["is done", status, "succeeded"],
    ["was not seen yet", { ...status, observedGeneration: 3 }, "running"],
    ["has old pods left", { ...status, replicas: 3 }, "running"],
    ["has pods that are not available", { ...status, availableReplicas: 1 }, "running"],
    ["has no status yet", undefined, "running"],
    ["does not come on", { ...status, updatedReplicas: 1, conditions: stuck }, "failed"],
  ])("that %s: %o is %s", async (_, found, state) => {
    const { hook } = await scene(() => ({ body: { ...ROLLED_OUT, status: found } }));
    expect(await hook.status?.({ id: "generation-4", url: null, status: null }, never)).toMatchObject({ state });
  });
});

describe("in a pod", () => {
  async function pod(files: Record<string, string>, ca: boolean) {
    const certificate = await selfSigned("localhost");
    const folder = mkdtempSync(join(tmpdir(), "tidegate-pod-"));
    const tls = { key: readFileSync(certificate.keyFile), cert: readFileSync(certificate.certFile) };
    const asked: string[] = [];
    const server = createServer(tls, (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(ROLLED_OUT));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    if (ca) writeFileSync(join(folder, "ca.crt"), tls.cert);
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      certificate.dispose();
      rmSync(folder, { recursive: true });
    });
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const hook = kubernetes({ deployment: "shop", namespace: null, url: null, token: null }, systemRuntime(), {
      url,
      folder,
    });
    return { hook, asked, folder };
  }

  test("all it needs is in its files, which are read anew each time", async () => {
    const { hook, asked, folder } = await pod({ token: "eyJfirst\n", namespace: "web" }, true);
    await hook.fire(firing);
    writeFileSync(join(folder, "token"), "eyJsecond");
    await hook.status?.({ id: "generation-4", url: null, status: null }, never);
    const path = "/apis/apps/v1/namespaces/web/deployments/shop";
    expect(asked).toEqual([
      `GET ${path} Bearer eyJfirst`,
      `PATCH ${path}?fieldManager=tidegate Bearer eyJfirst`,
      `GET ${path} Bearer eyJsecond`,
    ]);
  });

  test("a server that its CA has not signed for gets no token, and the error says what to set", async () => {
    const { hook, asked } = await pod({ token: "eyJfirst", namespace: "web" }, false);
    const error = await hook.dryRun(never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: "unreachable", message: expect.stringContaining("NODE_EXTRA_CA_CERTS") });
    expect(asked).toEqual([]);
  });

  test("without a service account it says which variables are missing", async () => {
    const { hook } = await pod({}, true);
    await expect(hook.fire(firing)).rejects.toThrow(/KUBERNETES_TOKEN, KUBERNETES_NAMESPACE/);
  });
});
