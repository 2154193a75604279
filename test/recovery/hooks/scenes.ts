/** Every hook with a platform on which all goes well: what the contract and the hooks' own tests begin from. */
import type { Hook } from "../../../lib/recovery/hooks/hook.ts";
import { render } from "../../../lib/recovery/hooks/render.ts";
import { vercelHook } from "../../../lib/recovery/hooks/vercel-hook.ts";
import type { Runtime } from "../../../lib/runtime.ts";
import type { Reply } from "./server.ts";

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

export const SCENES: Readonly<Record<string, Scene>> = {
  render: {
    hook: (runtime) => render({ apiKey: "rnd_secretsecret", serviceId: "srv-abc123" }, runtime),
    secrets: ["rnd_secretsecret"],
    replies: [
      [/^POST .*\/restart$/, { status: 200 }],
      [/^GET /, { body: { id: "srv-abc123", name: "shop", suspended: "not_suspended" } }],
    ],
    restarts: /^POST .*\/restart$/,
    repeated: false,
    read: false,
  },
  "vercel-hook": {
    hook: (runtime) =>
      vercelHook({ url: "https://api.vercel.com/v1/integrations/deploy/prj_Secret0123/Key4567890" }, runtime),
    secrets: ["prj_Secret0123", "Key4567890"],
    replies: [[/^POST /, { status: 201, body: { job: { id: "job1", state: "PENDING", createdAt: 1 } } }]],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
};

export const replyOf = ({ replies }: Scene, line: string): Reply =>
  replies.find(([pattern]) => pattern.test(line))?.[1] ?? { status: 404, body: "not here" };
