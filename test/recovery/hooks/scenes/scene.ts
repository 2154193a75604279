/** What a scene is: one hook, and a platform on which all goes well. */
import type { Hook } from "../../../../lib/recovery/hooks/hook.ts";
import type { Runtime } from "../../../../lib/runtime.ts";
import type { Reply } from "../server.ts";

export interface Scene {
  readonly hook: (runtime: Runtime) => Hook;
  /** In what is sent, and in nothing that is told. */
  readonly secrets: readonly string[];
  /** By the request line; the first that fits. What is missing is answered 404. */
  readonly replies: readonly (readonly [line: RegExp, reply: Reply])[];
  /** The request that restarts. */
  readonly restarts: RegExp;
  /** Whether that is asked for again after a failure. */
  readonly repeated: boolean;
  /** Whether the answer to it is read, so that garbage shows. */
  readonly read: boolean;
}

/** By the names of the hooks. */
export type Scenes = Readonly<Record<string, Scene>>;
