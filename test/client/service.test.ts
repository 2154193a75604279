/** The client and a service together: an outage behind one gate is invisible to calls that other gates guard. */
import { expect, test } from "vitest";
import { createClient } from "../../lib/client/client.ts";
import { smallApp } from "../support/app.ts";
import { browserOf } from "./scene.ts";

test("payments wait while orders go on, in every tab", async () => {
  const { app, tide, runtime } = smallApp();
  const served: string[] = [];
  app.get("/pay", async (c) => c.json(await tide.gate("billing").run(() => "paid")));
  await tide.gate("billing").override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "a test" });
  const browser = browserOf(runtime);
  const tabOf = () => {
    const answering: typeof fetch = async (input) => {
      const { pathname } = new URL(String(input));
      served.push(pathname);
      return app.request(pathname);
    };
    return createClient({ runtime: { ...runtime, fetch: answering }, texts: browser.texts() });
  };
  const [one, other] = [tabOf(), tabOf()];
  const heard: string[] = [];
  for (const tab of [one, other]) tab.on("degraded", ({ gate, code }) => void heard.push(`${gate} ${code}`));

  const refused = await one.get("https://plant.example/pay", { retries: 0 }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 503, errorCode: "CIRCUIT_BREAKER_OPEN", gate: "billing" });
  expect(heard).toEqual(Array(2).fill("billing CIRCUIT_BREAKER_OPEN"));
  void other.get("https://plant.example/pay", { retries: 0 }).catch(() => {});
  for (const tab of [one, other]) expect(await tab.get("https://plant.example/orders")).toEqual([{ id: 1 }]);
  expect(served).toEqual(["/pay", "/orders", "/orders"]);
  await runtime.advance(61_000);
  expect(served.at(-1)).toBe("/pay");
});
