/** What each process would make for itself at its start: a login at one worker has to be one at the others. */
import type { Config } from "../../config.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";

/**
 * Variables for the workers, where the environment has no such secrets. The admin's token of a development start is
 * printed, as a process alone prints it.
 */
export function startSecrets(
  { access, app }: Config,
  runtime: Runtime,
  log: EventLog,
): Readonly<Record<string, string>> {
  const make = () => `${runtime.uuid()}${runtime.uuid()}`.replaceAll("-", "");
  const variables: Record<string, string> = {};
  if (access.sessionSecret === null && app.env !== "production") variables.SESSION_SECRET = make();
  const hasAdmins = access.adminTokens.length > 0 || access.oidc !== null || access.cloudflareAccess !== null;
  if (!hasAdmins && app.env === "development") {
    const [name, token] = ["developer", make()];
    variables.ADMIN_TOKENS = `${name}:${token}`;
    log.warn("admin.made_for_this_start", { name, bearer_is: token, remedy: "set ADMIN_TOKENS" });
  }
  return variables;
}
