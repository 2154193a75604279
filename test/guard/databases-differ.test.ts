/** Two applications of one store, each with a database of its own. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { insidesOf } from "../../lib/guard/insides.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { tidegate } from "../../lib/tidegate.ts";

function scene() {
  const runtime = manualRuntime();
  const opened = memory().open(runtime);
  const store: StoreAdapter = { kind: "memory", address: "memory:", open: () => opened };
  const told: LogFields[] = [];
  const quiet = () => {};
  const log = {
    ...{ debug: quiet, info: quiet, error: quiet },
    warn: (event: string, fields: LogFields = {}) => {
      if (event === "gate.databases_differ") told.push(fields);
    },
  };
  const application = (address: string, env: Record<string, string> = {}, isDead = false) => {
    const fake = fakeDatabase(() => {
      if (isDead) throw new DatabaseError("connection", "gone");
      return [];
    });
    const config = readConfig({ APP_ENV: "production", ...env });
    return tidegate({ database: { ...fake, address }, store, config, log, runtime });
  };
  /** One that has connections of its own, behind a facade. */
  const withOwnConnections = (address: string | null, env: Record<string, string> = {}) => {
    const config = readConfig({ APP_ENV: "production", ...env });
    const { attach, recorded } = insidesOf(tidegate({ store, config, log, runtime }), "a facade");
    attach({ address, ping: async () => {}, pool: () => ({ ...NONE }) });
    return { asked: () => recorded(1, "request", "success") };
  };
  return { application, withOwnConnections, told, runtime };
}
const HOUR_MS = 3_600_000;
const NONE = { size: 0, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: 0, waiting: 0 };

describe("two databases in one store", () => {
  test("with nothing set have a gate each: the dead one refuses nobody else's calls", async () => {
    const { application, told } = scene();
    const dead = application("postgres://db/a", {}, true);
    const other = application("postgres://db/b");
    for (let call = 0; call < 20; call++) await dead.db.query`select 1`.catch(() => {});
    await expect(dead.db.query`select 1`).rejects.toMatchObject({ name: "Refused" });
    expect(await other.db.query`select 1`).toEqual([]);
    expect(told).toEqual([]);
  });

  test("under one name are a warning with both addresses, of whoever comes later, and again while that lasts", async () => {
    const { application, told, runtime } = scene();
    const named = { STATE_NAMESPACE: "shop" };
    const [one, other] = [application("postgres://db/a", named), application("postgres://db/b", named)];
    const both = async () => {
      for (const { db } of [one, other]) {
        await db.query`select 1`;
        await runtime.advance(10);
      }
    };
    await both();
    expect(told).toMatchObject([{ namespace: "shop", ours: "postgres://db/b", theirs: "postgres://db/a" }]);
    await both();
    expect(told).toHaveLength(1);
    await runtime.advance(HOUR_MS);
    await both();
    expect(told).toHaveLength(3);
  });

  test("that are one, written in two ways, are none", async () => {
    const { application, told, runtime } = scene();
    for (const address of ["postgres://db/a", "postgres://DB:5432/a", "hyperdrive"]) {
      await application(address, { STATE_NAMESPACE: "shop" }).db.query`select 1`;
      await runtime.advance(10);
    }
    expect(told).toEqual([]);
  });

  test("are told of applications with connections of their own, and not of those whose database has no name yet", async () => {
    const { application, withOwnConnections, told, runtime } = scene();
    const named = { STATE_NAMESPACE: "shop" };
    await application("postgres://db/a", named).db.query`select 1`;
    await runtime.advance(10);
    for (const address of ["postgres://db/a", null]) {
      withOwnConnections(address, named).asked();
      await runtime.advance(10);
    }
    expect(told).toEqual([]);
    withOwnConnections("postgres://db/b", named).asked();
    await runtime.advance(10);
    expect(told).toMatchObject([{ ours: "postgres://db/b", theirs: "postgres://db/a" }]);
  });
});
