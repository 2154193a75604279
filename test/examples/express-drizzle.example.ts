import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleContract } from "./contract.ts";
import { ROOT } from "./packed.ts";

const MOST_CHANGED = 10;
const page = readFileSync(join(ROOT, "docs/quick-start-express.md"), "utf8");
const diff = (/```diff\n([\s\S]*?)```/.exec(page)?.[1] ?? "").split("\n");
const changed = diff.filter((line) => /^[+]./.test(line));
const without = (sign: string) =>
  diff
    .filter((line) => !line.startsWith(sign))
    .map((line) => line.slice(1))
    .join("\n");

exampleContract("express-drizzle", {
  more: (scene) => {
    test(`the quick start changes ${MOST_CHANGED} lines at most, before and after which its application answers`, async () => {
      expect(changed.length).toBeLessThanOrEqual(MOST_CHANGED);
      expect(page).toContain("Change eight lines");
      expect(changed).toHaveLength(8);
      const answers = async (text: string) => {
        writeFileSync(join(scene().folder, "server.ts"), text);
        await scene().typed();
        const app = await scene().started({}, "/orders/1");
        const order = await (await app.ask("/orders/1")).json();
        const health = await app.ask("/health");
        await app.end();
        return [order, health.status];
      };
      expect(await answers(without("+"))).toEqual([{ id: 1, customer: "ada" }, 404]);
      expect(await answers(without("-"))).toEqual([{ id: 1, customer: "ada" }, 200]);
    });
  },
});
