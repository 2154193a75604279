import { afterAll, expect, it } from "vitest";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";

const reason = workerdUnavailable();
let worker: Workerd | undefined;
afterAll(() => worker?.dispose());

it.skipIf(reason)(`all of it can be made at module scope on Workers ${reason ?? ""}`, async () => {
  worker = await startWorkerd({ entry: "module-worker.ts" });
  expect(await (await fetch(`${worker.url}orders`)).json()).toEqual([{ id: 1 }]);
  expect((await fetch(`${worker.url}health`)).status).toBe(200);
});
