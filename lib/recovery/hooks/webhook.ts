/** A webhook to whatever restarts, signed by Standard Webhooks. https://www.standardwebhooks.com */
import type { Runtime } from "../../runtime.ts";
import { json } from "./answer.ts";
import { type Hook, HookError } from "./hook.ts";
import type { WebhookOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";
import { secretsOfUrl, wellKnown } from "./secret-url.ts";
import { webhookSigner } from "./webhook-signature.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { WebhookOptions } from "./options.ts";

/** By the standard these say that the receiver is asked too fast. */
const THROTTLING = [502, 504];
/** By the standard the receiver wants no more. */
const GONE = 410;

/**
 * Asked for again after a failure: `webhook-id` is the same for every repetition, and the receiver's duty is to restart
 * once for it. Its answer is not read: 2xx means that it will restart.
 *
 * @throws TypeError where a secret is none.
 * @example
 * ```ts
 * const restart = webhook({ url: "https://ops.example.com/restart", secrets: [secret] });
 * // POST {"type":"restart.requested","timestamp":"2026-01-31T12:00:00.000Z","data":{"id":"…","reason":"…","target":null}}
 * ```
 */
export function webhook({ url, secrets }: WebhookOptions, runtime?: Runtime): Hook {
  const signer = webhookSigner(secrets);
  const hidden = [...secretsOfUrl(url), ...secrets];
  const { ask, runtime: own } = platform({
    hook: "webhook",
    secrets: hidden,
    runtime,
    sign: (call, headers) => signer(call.body ?? "", headers, own.wallMs()),
  });
  return {
    name: "webhook",
    targets: [],
    secrets: wellKnown(hidden),
    capabilities: ["restart"],
    deadlineMs: 4 * CALL_DEADLINE_MS,
    async fire({ id, reason, target, signal }) {
      const { body, headers } = json({
        type: "restart.requested",
        timestamp: new Date(own.wallMs()).toISOString(),
        data: { id, reason, target },
      });
      const call = { doing: "sending the webhook", method: "POST", url, body, repeatable: true } as const;
      const asked = { ...call, headers: { ...headers, "webhook-id": id }, throttling: THROTTLING };
      await ask(asked, signal).catch((error: unknown) => {
        throw error instanceof HookError && error.status === GONE ? disabled(error) : error;
      });
      return null;
    },
    dryRun: async () => ({
      checked: `The URL can be asked, and ${secrets.length === 1 ? "the secret signs" : "all secrets sign"}.`,
      unchecked: "Whether the receiver is there and knows the secret: asking would restart.",
    }),
  };
}

function disabled({ message, hook, fault, status }: HookError): HookError {
  const remedy = "the receiver has switched it off: enable it there, or take another hook";
  return new HookError(`${message}; ${remedy}`, { hook, fault, status });
}
