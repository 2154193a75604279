/** Every hook with a platform on which all goes well: what the contract and the hooks' own tests begin from. */
import { BUILDS } from "./scenes/builds.ts";
import type { Scene, Scenes } from "./scenes/scene.ts";
import { SERVICES } from "./scenes/services.ts";
import type { Reply } from "./server.ts";

export type { Scene } from "./scenes/scene.ts";

export const SCENES: Scenes = { ...SERVICES, ...BUILDS };

export const replyOf = ({ replies }: Scene, line: string): Reply =>
  replies.find(([pattern]) => pattern.test(line))?.[1] ?? { status: 404, body: "not here" };
