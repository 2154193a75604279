/** However a pool is connected, what runs is cancelled in the same way. */
import { Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guardPool } from "../../../lib/facades/pg/pg.ts";
import { memory } from "../../../lib/store/memory.ts";
import { tidegate } from "../../../lib/tidegate.ts";
import { type Certificate, selfSigned } from "../../support/certificate.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { errorOf } from "./scene.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(postgresUnavailable() !== undefined)(
  `a cancel of a guarded pool: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let certificate: Certificate;
    let server: PostgresServer;
    let log = "";
    beforeAll(async () => {
      certificate = await selfSigned("tidegate.test");
      const { certFile: ssl_cert_file, keyFile: ssl_key_file } = certificate;
      server = await startPostgres({
        settings: { ssl: "on", ssl_cert_file, ssl_key_file, log_connections: "on" },
        onLog: (line) => {
          log += `${line}\n`;
        },
      });
    });
    afterAll(async () => {
      await server?.dispose();
      certificate?.dispose();
    });

    async function cancelled(config: PoolConfig): Promise<void> {
      const tide = tidegate({ store: memory(), log: SILENT });
      const pool = guardPool(tide, new Pool(config), { deadlineMs: 400 });
      expect(await errorOf(pool.query("select pg_sleep(20)"))).toMatchObject({ fault: "timeout" });
      await eventually("it is gone", async () => {
        const rows = await server.query(
          "select 1 from pg_stat_activity where query like '%pg_sleep(20)' and state = 'active'",
        );
        return rows.length === 0;
      });
      await eventually("its permit is back", async () => (await tide.view()).lanes.request.running === 0);
      // It was asked for, and not hung up on.
      expect(pool.totalCount).toBe(1);
      await pool.end();
      await tide.close();
    }

    test("goes over TLS where the pool does", async () => {
      log = "";
      await cancelled({ connectionString: server.url, ssl: { rejectUnauthorized: false } });
      expect(log).toContain("canceling statement due to user request");
    });

    test("goes by a unix socket where the pool does", async () => {
      const [row] = await server.query("show unix_socket_directories");
      const host = String(row?.unix_socket_directories);
      await cancelled({ host, port: server.port, user: "tidegate", database: "postgres" });
    });
  },
);
