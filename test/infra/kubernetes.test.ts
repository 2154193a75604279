/** The manifests of Kubernetes: what they name of each other, and of the application. */
import { describe, expect, test } from "vitest";
import { FILES, yaml } from "./files.ts";
import { drainMs, KNOWN, MEASURED_MIB, mebibytes, PERMITS, unknown } from "./measures.ts";

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
    const { seconds } = container.lifecycle.preStop.sleep;
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + drainMs / 1_000);
    expect(Number(valueFor("EXPECTED_INSTANCES"))).toBe(replicas + strategy.rollingUpdate.maxSurge);
    expect(Number(valueFor("EXPECTED_INSTANCES"))).toBeLessThanOrEqual(PERMITS);
    expect(disruption.spec.minAvailable).toBeLessThan(replicas);
  });

  test("has room for what a process was measured at, and says why one did not start", () => {
    const { requests, limits } = container.resources;
    expect(mebibytes(requests.memory)).toBeGreaterThan(MEASURED_MIB);
    expect(mebibytes(limits.memory)).toBeGreaterThanOrEqual(2 * MEASURED_MIB);
    expect(container.terminationMessagePolicy).toBe("FallbackToLogsOnError");
    expect(deployment.spec.progressDeadlineSeconds).toBeLessThan(600);
  });

  test("lets the pods be asked at their port alone, and ask what the environment names", () => {
    const [policy] = yaml("infra/kubernetes/network.yaml");
    expect(policy.spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(policy.spec.podSelector).toEqual(selector);
    const [{ ports, from }] = policy.spec.ingress;
    expect([policy.spec.ingress.length, ports, from.length]).toEqual([1, [{ port: "http" }], 2]);
    const reached = policy.spec.egress.flatMap((rule: { ports: { port: number }[] }) =>
      rule.ports.map(({ port }) => port),
    );
    const named = ["DATABASE_URL", "STATE_URL"].map((name) => Number(new URL(secret.stringData[name]).port));
    expect(reached).toEqual(expect.arrayContaining([53, ...named, 443, 6443]));
  });

  test("has Prometheus ask the Service's port with a monitor's token", () => {
    const [monitor] = yaml("infra/kubernetes/servicemonitor.yaml");
    const [, token] = yaml("infra/kubernetes/secret.example.yaml");
    expect(monitor.spec.selector.matchLabels).toEqual(service.metadata.labels);
    const [{ port, path, authorization }] = monitor.spec.endpoints;
    expect([port, path]).toEqual([service.spec.ports[0].name, "/metrics"]);
    const { name, key } = authorization.credentials;
    expect([name, Object.keys(token.stringData)]).toEqual([token.metadata.name, [key]]);
    expect(secret.stringData.MONITOR_TOKENS.endsWith(`:${token.stringData[key]}`)).toBe(true);
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
      // The last two are of kinds that a cluster may not have.
      .filter(
        (name) =>
          !["kustomization.yaml", "secret.example.yaml", "servicemonitor.yaml", "prometheusrule.yaml"].includes(name),
      );
    expect([...kustomization.resources].sort()).toEqual(others.sort());
    expect(kustomization.images[0].name).toBe(container.image);
  });
});
