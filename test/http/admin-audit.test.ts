import { describe, expect, test } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { StoreLog } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { MONITOR, operatedApp } from "../support/operated-app.ts";

describe("GET /admin/api/audit", () => {
  test("is read page by page, newest first", async () => {
    const app = operatedApp();
    for (let n = 0; n < 3; n++) await app.post("/admin/api/breaker", { mode: "auto", reason: `${n}` });
    const positions: number[] = [];
    let cursor: unknown = null;
    do {
      const { body } = await app.get(`/admin/api/audit?limit=4${cursor ? `&cursor=${cursor}` : ""}`);
      const { records, next_cursor: next } = body.data as {
        records: { position: number }[];
        next_cursor: string | null;
      };
      positions.push(...records.map(({ position }) => position));
      cursor = next;
    } while (cursor !== null);
    expect(positions).toEqual([6, 5, 4, 3, 2, 1]);
    for (const query of ["limit=0", "limit=201", "cursor=x", "page=2"]) {
      expect((await app.get(`/admin/api/audit?${query}`)).status).toBe(400);
    }
  });

  test("goes on behind a record that cannot be read", async () => {
    const kept = memory().open(manualRuntime()).log;
    const read: StoreLog["read"] = async (...asked) =>
      (await kept.read(...asked)).map((one) => (one.position === 4 ? { ...one, record: "garbage" } : one));
    const app = operatedApp({ auditLog: { append: kept.append, read } });
    for (let n = 0; n < 3; n++) await app.post("/admin/api/breaker", { mode: "auto", reason: `${n}` });
    const page = async (query: string) => (await app.get(`/admin/api/audit?${query}`)).body.data;
    const records = (...positions: number[]) => positions.map((position) => expect.objectContaining({ position }));
    expect(await page("limit=2")).toEqual({ records: records(6, 5), damaged: [], next_cursor: "5" });
    expect(await page("limit=2&cursor=5")).toEqual({ records: records(3), damaged: [4], next_cursor: "3" });
    expect(await page("limit=2&cursor=3")).toEqual({ records: records(2, 1), damaged: [], next_cursor: null });
  });

  test("is for admins alone, as all of it is", async () => {
    const app = operatedApp();
    for (const path of ["system-status", "worker/status", "audit"]) {
      expect((await app.get(`/admin/api/${path}`, { authorization: MONITOR })).status).toBe(403);
      expect((await app.get(`/admin/api/${path}`, { authorization: "" })).status).toBe(401);
    }
    expect((await app.get("/admin/api/nothing", { authorization: "" })).status).toBe(401);
    expect((await app.get("/admin/api/nothing")).status).toBe(404);
  });
});
