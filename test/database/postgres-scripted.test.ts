/** What a server says that no server of the tests' own can be brought to say, and what becomes of its connection. */
import { describe, expect, test } from "vitest";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { GRACE_MS, postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { type WireError, wireServer } from "../support/postgres-wire.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);

describe.skipIf(postgresUnavailable() !== undefined)(
  `by a script of the wire: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { database, behind } = postgresScene({});
    const ONE = { poolSize: 1, maxOverflow: 0 };

    describe("a server that speaks another language", () => {
      const timedOut = "storniere Anfrage wegen Zeitüberschreitung der Anfrage";
      const cancelled = "storniere Anfrage wegen Benutzeraufforderung";
      const ends = async (message: string, afterMs: number) => {
        const error: WireError = { severity: "ERROR", code: "57014", message, afterMs };
        return behind(wireServer({ statement: (text) => (text.includes("asked") ? error : undefined) }));
      };
      /** Its own timers come when the server's answer has long been read, as they do in a busy process. */
      const late = {
        ...runtime,
        setTimer: (task: () => void, delayMs: number) => runtime.setTimer(task, delayMs + 400),
      };

      test.each(["none", "transaction"] as const)(
        "ends a statement at its timeout: that is a timeout by our clock, pooler: %s",
        async (pooler) => {
          const { url } = await ends(timedOut, 202);
          const db = postgres(url).open({ ...SETTINGS, ...ONE, pooler }, late);
          const asked = db.query(sql`select 1 as asked`, run({ deadlineMs: 200 }));
          await expect(asked).rejects.toMatchObject({ fault: "timeout", vendorCode: "57014" });
          await db.close();
        },
      );

      test("ends one in a transaction at its timeout: that is a timeout too", async () => {
        const { url } = await ends(timedOut, 202);
        const db = postgres(url).open({ ...SETTINGS, ...ONE }, late);
        const asked = db.transaction(run({ deadlineMs: 200 }), {}, (held) => held.query(sql`select 1 as asked`));
        await expect(asked).rejects.toMatchObject({ fault: "timeout", vendorCode: "57014" });
        await db.close();
      });

      test("cancels one for its operator: that is no timeout", async () => {
        const { url } = await ends(cancelled, 100);
        const asked = database(ONE, {}, url).query(sql`select 1 as asked`, run({ deadlineMs: 1_000 }));
        await expect(asked).rejects.toMatchObject({ fault: "cancelled", vendorCode: "57014" });
      });

      test("cancels one for its caller: the connection is used again", async () => {
        const { url, tcp } = await ends(cancelled, 100);
        const db = database(ONE, {}, url);
        await db.query(sql`select 1`, run());
        const left = db.query(sql`select 1 as asked`, run({ signal: AbortSignal.timeout(20) }));
        await expect(left).rejects.toMatchObject({ vendorCode: "57014" });
        await db.query(sql`select 1`, run());
        // One is that of the cancel.
        expect(tcp.accepted()).toBe(2);
      });
    });

    describe("an error of the driver's own", () => {
      const garbled = () =>
        behind(wireServer({ statement: (text) => (text.includes("asked") ? "garbled" : undefined) }));

      test("takes its connection out of use: the next statement has another, and does not wait for the lost one", async () => {
        const { url, tcp } = await garbled();
        const db = database(ONE, {}, url);
        await expect(db.query(sql`select 1 as asked`, run())).rejects.toMatchObject({ fault: "statement" });
        await db.query(sql`select 1`, run({ deadlineMs: 1_000 }));
        expect(tcp.accepted()).toBe(2);
      });

      test("ends the transaction that it happens in, also where the callback goes on", async () => {
        const { url } = await garbled();
        const db = database(ONE, {}, url);
        const heard: unknown[] = [];
        const work = db.transaction(run({ deadlineMs: 9_000 }), {}, async (held) => {
          await held.query(sql`select 1 as asked`).catch((error) => heard.push(error));
          await held.query(sql`select 2`).catch((error) => heard.push(error));
        });
        expect(await tookMs(work)).toBeLessThan(GRACE_MS);
        const refused = { fault: "statement", vendorCode: "MESSAGE_NOT_SUPPORTED" };
        await expect(work).rejects.toMatchObject(refused);
        expect(heard).toMatchObject([refused, refused]);
        await db.query(sql`select 1`, run({ deadlineMs: 1_000 }));
      });
    });
  },
);
