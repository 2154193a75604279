/** Hooks that restart what runs. */
import { render } from "../../../../lib/recovery/hooks/render.ts";
import type { Scenes } from "./scene.ts";

export const SERVICES: Scenes = {
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
};
