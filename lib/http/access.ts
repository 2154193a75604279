/** From where a request comes, how many of them may come, and who may do what: put together for one application. */
import type { Context } from "hono";
import type { Config } from "../config/types.ts";
import type { EventLog } from "../log/events.ts";
import { platformName, type Runtime } from "../runtime.ts";
import type { Store, StoreTraits } from "../store/port.ts";
import { type AddressOf, addressReader, hostReader } from "./address/address.ts";
import { type ConnInfo, peerReader } from "./address/peer.ts";
import { type Auth, createAuth } from "./auth/auth.ts";
import { countFailures, FAILURE_RULE } from "./auth/failures.ts";
import { fleetLimiter } from "./limit/fleet.ts";
import { type LimitRequest, limitRequests, requestRule } from "./limit/requests.ts";

export interface AccessOptions {
  readonly config: Config;
  readonly store: Pick<Store, "kind" | "openLimiter"> & { readonly traits: Pick<StoreTraits, "deadlineMs"> };
  readonly connInfo: ConnInfo | undefined;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Access {
  readonly addressOf: AddressOf;
  readonly limitRequest: LimitRequest;
  readonly auth: Auth;
}

export function createAccess({ config, store, connInfo, runtime, log }: AccessOptions): Access {
  const peerOf = peerReader(connInfo);
  let warned = false;
  const addressOf = addressReader(config.http, peerOf, () => {
    if (!warned) log.warn("proxy.header_unread", { remedy: "set TRUSTED_PROXY_HEADER to the header that they write" });
    warned = true;
  });
  const hostOf: (c: Context) => string = hostReader(config.http.trustedProxies, peerOf);
  const prefix = `tidegate:${config.store.namespace}:limit`;
  const deadlineMs = config.store.deadlineMs ?? store.traits.deadlineMs;
  const counting = { store, prefix, deadlineMs, runtime, log };

  const rule = requestRule(config.http.rateLimitPerMinute);
  const limiter = fleetLimiter({ ...counting, rule, whenAway: "pass" });
  const failed = fleetLimiter({ ...counting, rule: FAILURE_RULE, whenAway: "local" });
  const auth = createAuth({
    access: config.access,
    cronSecret: config.watchdog.cronSecret,
    env: config.app.env,
    failures: countFailures(failed, addressOf),
    addressOf,
    hostOf,
    runtime,
    log,
  });
  // Module scope has no chance on Workers; there it is made when it is first asked for.
  if (platformName() !== "workerd") auth.announce();
  return { addressOf, limitRequest: limitRequests(rule, limiter, addressOf, log), auth };
}
