/** The name by which an instance is known to its gates, and in the log. */
import type { Runtime } from "../runtime.ts";

export interface InstanceName {
  /** Made with its first use: module scope has no chance on Workers. */
  readonly get: () => string;
  /** Null until somebody has asked for it. */
  readonly known: () => string | null;
}

export function instanceName(runtime: Pick<Runtime, "uuid">): InstanceName {
  let name: string | null = null;
  return {
    get: () => {
      name ??= runtime.uuid().replaceAll("-", "");
      return name;
    },
    known: () => name,
  };
}
