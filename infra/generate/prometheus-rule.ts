/** The rules of Prometheus once more, as the Prometheus Operator takes them. */
import { readFile } from "node:fs/promises";

const FOLDER = "infra/observability/prometheus";
const ROOT = new URL("../../", import.meta.url);
const FILES = ["rules.yaml", "alerts.yaml"];

const HEAD = `# Written by \`npm run generate\` from ${FOLDER}: edit there.
# For clusters with the Prometheus Operator, which has this kind: kubectl apply -f infra/kubernetes/prometheusrule.yaml
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tidegate
  namespace: tidegate
  # Some installations take only what has a label of theirs, such as { release: kube-prometheus-stack }: add it.
  labels: { app.kubernetes.io/name: tidegate }
spec:
  groups:
`;

/** All groups of both files, as they are written there, further to the right. */
export async function prometheusRule(): Promise<string> {
  const texts = await Promise.all(FILES.map((file) => readFile(new URL(`${FOLDER}/${file}`, ROOT), "utf8")));
  return HEAD + texts.map((text) => indented(text.slice(text.indexOf("groups:\n") + "groups:\n".length))).join("\n");
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");
