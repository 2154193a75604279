/** What keeps the state of two applications apart in one store, where neither has said anything. */
import { describe, expect, test } from "vitest";
import { placedAt } from "../../lib/config/namespace.ts";
import { readConfig } from "../../lib/config.ts";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import { pglite } from "../../lib/database/pglite/pglite.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";

const namespaceOf = (url: string, env: Record<string, string> = {}) =>
  readConfig({ DATABASE_URL: url, ...env }).store.namespace;

describe("the default namespace", () => {
  test("holds the application's name, its environment and a mark of the database", () => {
    const config = readConfig({ APP_ENV: "staging", DATABASE_URL: "postgres://u:secret@h/db" }, { appName: "orders" });
    expect(config.store.namespace).toMatch(/^orders-staging-[0-9a-z]{7}$/);
  });

  test.each([
    ["another database", "postgres://u:p@h/a", "postgres://u:p@h/b"],
    ["another host", "postgres://u:p@h/a", "postgres://u:p@g/a"],
    ["another port", "postgres://u:p@h/a", "postgres://u:p@h:5433/a"],
    ["another socket", "postgres:///a?host=/cloudsql/p:r:i", "postgres:///a?host=/cloudsql/p:r:j"],
    ["another kind", "postgres://u:p@h/a", "oracle://u:p@h/a"],
    ["another service", "oracle://u:p@h/a", "oracle://u:p@h/b"],
    ["another directory", "pglite:./a", "pglite:./b"],
  ])("is another for %s", (_what, one, other) => {
    expect(namespaceOf(one)).not.toBe(namespaceOf(other));
  });

  test.each([
    ["another user, password and parameter", "postgres://u:p@h/a", "postgres://v:q@h/a?sslmode=require"],
    ["the port that needs not be written", "postgres://h/a", "postgres://h:5432/a"],
    ["another scheme and another case of the host", "postgres://h/a", "postgresql://H/a"],
    ["a host that a parameter names", "postgres://h/a", "postgres:///a?host=h"],
  ])("is the same for %s", (_what, one, other) => {
    expect(namespaceOf(one)).toBe(namespaceOf(other));
  });

  test("is what STATE_NAMESPACE says where that is set", () => {
    expect(namespaceOf("postgres://h/a", { STATE_NAMESPACE: "shop" })).toBe("shop");
    const pinned = namespaceOf("postgres://h/a", { APP_ENV: "production" });
    expect(namespaceOf("postgres://h/b", { STATE_NAMESPACE: pinned })).toBe(pinned);
  });
});

describe("a database that code names", () => {
  test.each([
    ["postgres://u:p@h/a", postgres("postgres://v:q@H:5432/a?sslmode=require")],
    ["postgres:///a?host=/cloudsql/p:r:i", postgres("postgres://u@/a?host=/cloudsql/p:r:i")],
    ["oracle://u:p@h/a", oracle("oracle://u:p@h/a")],
    ["pglite:", pglite()],
    ["pglite:./a", pglite("pglite:./a")],
  ])("is the environment's at %s, which stays as it is", (url, { address }) => {
    const config = readConfig({ DATABASE_URL: url });
    expect(placedAt(config, address)).toBe(config);
  });

  test("has its own mark where it is another one, unless STATE_NAMESPACE has decided", () => {
    const { address } = postgres("postgres://u:p@h/b");
    expect(placedAt(readConfig({}), address).store.namespace).toBe(namespaceOf("postgres://h/b"));
    expect(placedAt(readConfig({ DATABASE_URL: "postgres://h/a" }), address).store.namespace).toBe(
      namespaceOf("postgres://h/b"),
    );
    const decided = readConfig({ STATE_NAMESPACE: "shop" });
    expect(placedAt(decided, address)).toBe(decided);
  });

  test("keeps the environment's name behind Hyperdrive, which does not say what it leads to", () => {
    const config = readConfig({ DATABASE_URL: "postgres://h/a" });
    expect(placedAt(config, "hyperdrive")).toBe(config);
  });
});
