/** What restarts, so that its requests to the platform go on with the trace that they are part of. */
import { withAmbient } from "../telemetry/ambient.ts";
import type { Tracing } from "../telemetry/port.ts";
import type { RestartProvider } from "./restart-provider.ts";

/** Hooks are made before there is an instance: they look round when they ask something. */
export function tracedProvider(provider: RestartProvider, tracing: Tracing): RestartProvider {
  const { status } = provider;
  // Whatever else it has is its own, and some have a prototype.
  return Object.create(provider, {
    fire: {
      value: (...given: Parameters<typeof provider.fire>) => withAmbient({ tracing }, () => provider.fire(...given)),
    },
    ...(status && {
      status: {
        value: (...given: Parameters<typeof status>) => withAmbient({ tracing }, () => status.apply(provider, given)),
      },
    }),
  }) as RestartProvider;
}
