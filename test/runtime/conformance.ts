/** Every case on every cell of some runtimes. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { askingOf } from "./asking.ts";
import { ADMIN_CASES } from "./cases/admin.ts";
import { HEALTH_CASES } from "./cases/health.ts";
import { KEPT_CASES } from "./cases/kept.ts";
import { REPORT_CASES } from "./cases/reports.ts";
import { TROUBLE_CASES } from "./cases/trouble.ts";
import type { Case, Platform, RuntimeName, Scene } from "./cell.ts";
import { cellsOf, nameOf, obstacle } from "./matrix.ts";
import { openWorld, type World } from "./world.ts";

const CASES: readonly Case[] = [
  ...[...REPORT_CASES, ...HEALTH_CASES, ...ADMIN_CASES],
  ...[...KEPT_CASES, ...TROUBLE_CASES],
];
/** `npm run test:runtime` sets it. */
const ALL = process.env.TIDEGATE_CELLS === "all";

export type Platforms = Readonly<Partial<Record<RuntimeName, (world: World) => Platform>>>;

export function conformance(platforms: Platforms): void {
  const cells = cellsOf(Object.keys(platforms) as RuntimeName[], ALL);
  let world: World;
  beforeAll(async () => {
    if (cells.some((cell) => obstacle(cell) === null)) world = await openWorld();
  });
  afterAll(() => world?.close());

  for (const cell of cells) {
    const reason = obstacle(cell);
    describe.skipIf(reason !== null)(`${nameOf(cell)}${reason === null ? "" : `: ${reason}`}`, () => {
      let scene: Scene;
      beforeAll(async () => {
        const platform = platforms[cell.runtime]?.(world);
        if (!platform) throw new Error(`conformance: a platform for ${cell.runtime} is needed, there is none`);
        world.receiver.received.length = 0;
        const deployment = await platform.start(world.environment(cell));
        const { postgres, receiver } = world;
        scene = { cell, platform, deployment, postgres, receiver, ...askingOf(deployment) };
      });
      afterAll(() => scene?.deployment.stop());

      for (const { name, without, run } of CASES) {
        test(name, async (context) => {
          const left = without?.(scene) ?? null;
          if (left !== null) context.skip(left);
          await run(scene);
        });
      }
    });
  }
}
