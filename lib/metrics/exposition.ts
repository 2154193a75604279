/** The text that Prometheus and its kin read: https://prometheus.io/docs/instrumenting/exposition_formats/ */

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A name, what it says, and its values; one without values is left out. */
export interface Family {
  /** In base units, which end it: `_seconds`, `_ratio`. */
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * @example
 * ```ts
 * exposition([{ name: "tidegate_instances", help: "Instances.", samples: [{ labels: { gate: "main" }, value: 3 }] }]);
 * // # HELP tidegate_instances Instances.
 * // # TYPE tidegate_instances gauge
 * // tidegate_instances{gate="main"} 3
 * ```
 */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      const lines = samples.map(({ labels = {}, value }) => `${name}${written(labels)} ${value}`);
      return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
    })
    .join("");
}

function written(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
