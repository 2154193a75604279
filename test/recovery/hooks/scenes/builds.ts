/** Hooks that build or deploy anew. */
import { vercelHook } from "../../../../lib/recovery/hooks/vercel-hook.ts";
import type { Scenes } from "./scene.ts";

export const BUILDS: Scenes = {
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
