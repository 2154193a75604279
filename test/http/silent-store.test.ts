/** A store that takes everything and answers nothing, as one behind a gateway may for as long as it is asked. */
import { expect, test } from "vitest";
// Loaded when it is first asked for, which takes real time, while the virtual one goes on.
import "../../lib/http/routes/console/page.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { smallApp } from "../support/app.ts";
import { farStore } from "../support/far-store.ts";
import { ADMIN } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";

/** The console looks again after five seconds, and gives up before. */
const PATIENCE_MS = 4_500;

function silentStore(): StoreAdapter {
  const { adapter } = farStore();
  const never = () => new Promise<never>(() => {});
  return { ...adapter, open: (runtime) => ({ ...adapter.open(runtime), log: { append: never, read: never } }) };
}

test.each([
  ["/admin", 200],
  ["/admin/api/system-status", 200],
  ["/admin/api/worker/status", 200],
  ["/admin/api/audit", 503],
  ["/metrics", 200],
])("%s is answered before its readers give up", async (path, status) => {
  const { app, runtime } = smallApp({}, undefined, { store: silentStore() });
  const askedAt = runtime.monotonicMs();
  const asked = Promise.resolve(app.request(path, { headers: { authorization: ADMIN } }));
  expect((await passing(runtime, asked, 50)).status).toBe(status);
  expect(runtime.monotonicMs() - askedAt).toBeLessThan(PATIENCE_MS);
});
