/** Names that others use too: under which one a variable is written, and whether what stands there was meant for us. */
import type { Environment } from "./environment.ts";
import type { ConfigFault } from "./fault.ts";
import type { Schema, Variable } from "./variable.ts";

/** Before every name, and then it is ours alone: a value under it wins, and must be usable. */
export const PREFIX = "TIDEGATE_";

/** What Kubernetes writes into the pods of a namespace that has a service called `tidegate`. */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\//;

/** What stands under one of the names of a variable, or under its name in code. */
export interface Written {
  readonly name: string;
  readonly text: string;
  /** `ours`: it must be usable. `anybodys`: if it is not, it was meant for somebody else. */
  readonly whose: "ours" | "anybodys";
  /** Where it is not the variable's own. */
  readonly schema?: Schema<unknown>;
  /** What was found, where it was no text. */
  readonly shown?: string;
  /** No text could say what was found: it is not even of the kind that is needed. */
  readonly fault?: Omit<ConfigFault, "variable">;
}

type Names = Pick<Variable<unknown>, "shared" | "follows">;

/** All that is written for it, the one that wins first; none for a variable that is not set. */
export function writtenFor(env: Environment, name: string, { shared, follows }: Names): readonly Written[] {
  const own = textOf(env[PREFIX + name]);
  const all: readonly Written[] = [
    { name: PREFIX + name, text: name === "PORT" && SERVICE_LINK.test(own) ? "" : own, whose: "ours" },
    { name, text: textOf(env[name]), whose: shared ? "anybodys" : "ours" },
    { name: follows ?? "", text: follows ? textOf(env[follows]) : "", whose: "anybodys" },
  ];
  return all.filter(({ text }) => text !== "");
}

/** Every name under which a variable may be written. */
export const namesOf = (name: string, { follows }: Names): readonly string[] => [
  PREFIX + name,
  name,
  ...(follows ? [follows] : []),
];

/** Platforms hand over numbers and truth values as such; anything else is no setting but a binding. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
