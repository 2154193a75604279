/** Secrets that last for one start, made when they are first needed: module scope has no chance on Workers. */
import type { NamedToken } from "../../config/types.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";

export interface MadeForThisStart {
  /** Printed when it is made: otherwise nobody would know it. */
  token(): NamedToken;
  sessionSecret(): string;
}

export function madeForThisStart(runtime: Runtime, log: EventLog): MadeForThisStart {
  let token: NamedToken | undefined;
  let secret: string | undefined;
  const make = () => `${runtime.uuid()}${runtime.uuid()}`.replaceAll("-", "");
  return {
    token: () => {
      if (token) return token;
      token = { name: "developer", token: make() };
      log.warn("admin.made_for_this_start", { name: token.name, bearer_is: token.token, remedy: "set ADMIN_TOKENS" });
      return token;
    },
    sessionSecret: () => {
      secret ??= make();
      return secret;
    },
  };
}
