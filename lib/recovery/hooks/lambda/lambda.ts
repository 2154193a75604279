/**
 * AWS Lambda: a changed configuration ends every instance that runs with the old one.
 *
 * Map of this folder: `lambda` is the hook, `function` asks Lambda, `alias` moves an alias to a new version.
 */
import type { Runtime } from "../../../runtime.ts";
import type { Hook } from "../hook.ts";
import type { LambdaOptions } from "../options.ts";
import { CALL_DEADLINE_MS } from "../platform.ts";
import { movable, release } from "./alias.ts";
import { CONFIGURATION, type Configuration, lambdaFunction, progressOf } from "./function.ts";

export type { Runtime } from "../../../runtime.ts";
export type { Hook } from "../hook.ts";
export type { LambdaFunctionOptions, LambdaOptions } from "../options.ts";

/** The variable that changes with every restart. */
const MARKER = "TIDEGATE_EPOCH";
/** Publishing waits for the configuration, and moving the alias for the version. */
const RELEASE_DEADLINE_MS = 150_000;

/**
 * The environment goes back whole, with one variable more: Lambda replaces all of it. A revision guards against
 * changes by others, and makes repeating safe.
 *
 * @throws HookError when it is fired and the environment cannot be read (no permission for its key, say): what cannot
 * be read cannot be sent back, and would be lost.
 *
 * @example
 * ```ts
 * const restart = lambda({ region, accessKeyId, secretAccessKey, sessionToken: null, functionName: "shop", alias: null });
 * ```
 */
export function lambda({ alias, ...options }: LambdaOptions, runtime?: Runtime): Hook {
  const fn = lambdaFunction(options, runtime);
  const { functionName } = options;

  function variablesOf({ Environment: { Variables, Error: unread } }: Configuration): Readonly<Record<string, string>> {
    if (unread === null) return Variables;
    const found = `the environment is not shown (${unread.ErrorCode}), and sending it back would lose it`;
    throw fn.refusal("reading the configuration", `${found}; allow kms:Decrypt for its key`);
  }
  async function look(signal: AbortSignal) {
    const latest = await fn.configuration(null, signal);
    const variables = variablesOf(latest);
    return { latest, variables, moved: alias === null ? null : await movable(fn, alias, latest, signal) };
  }

  return {
    name: "lambda",
    targets: [functionName],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: alias === null ? 4 * CALL_DEADLINE_MS : RELEASE_DEADLINE_MS,
    async fire({ id, signal }) {
      const { latest, variables, moved } = await look(signal);
      const changed = await fn.change(
        {
          doing: "changing the configuration",
          method: "PUT",
          path: "/configuration",
          body: { Environment: { Variables: { ...variables, [MARKER]: id } }, RevisionId: latest.RevisionId },
          secrets: Object.values(variables),
        },
        async () => variablesOf(await fn.configuration(null, signal))[MARKER] === id,
        signal,
      );
      const status = changed === null ? null : progressOf(changed.read(CONFIGURATION)).status;
      if (alias === null || moved === null) return { id, url: null, status };
      const version = await release(fn, alias, moved, signal);
      return { id: version, url: null, status: `${alias} is version ${version}` };
    },
    async status(deployment, signal) {
      const found = await fn.configuration(alias === null ? null : deployment.id, signal);
      const { state, status } = progressOf(found);
      return { deployment: { ...deployment, status }, state };
    },
    async dryRun(signal) {
      const { variables, moved } = await look(signal);
      const served = moved === null ? "" : `; ${alias} serves version ${moved.FunctionVersion}`;
      return {
        checked: `The keys see ${functionName} with its ${Object.keys(variables).length} variables${served}.`,
        unchecked: `Whether they may change its configuration${alias === null ? "" : ", publish a version and move the alias"}.`,
      };
    },
  };
}
