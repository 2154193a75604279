/** URLs as people paste them, at a real server. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Certificate, selfSigned } from "../support/certificate.ts";
import { execution, SETTINGS } from "../support/execution.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";

const runtime = systemRuntime();

async function ask(url: string, statement = sql`select 1 as one`): Promise<Record<string, unknown> | undefined> {
  const database = postgres(url).open(SETTINGS, runtime);
  try {
    const [row] = await database.query<Record<string, unknown>>(statement, execution(runtime));
    return row;
  } finally {
    await database.close();
  }
}

describe.skipIf(postgresUnavailable())("a PostgreSQL", () => {
  let server: PostgresServer;
  let certificate: Certificate;
  let folder = "";
  const where = sql`select current_database() as db, current_user as who, inet_server_addr()::text as address,
    current_setting('search_path') as path, current_setting('application_name') as app`;

  beforeAll(async () => {
    certificate = await selfSigned("tidegate.test");
    const tls = { ssl: "on", ssl_cert_file: certificate.certFile, ssl_key_file: certificate.keyFile };
    server = await startPostgres({ password: true, settings: { listen_addresses: "127.0.0.1,::1", ...tls } });
    await server.query('create database "h_db"');
    await server.query(`create role "a@b" login password 'p/w?#x'`);
    const [row] = await server.query("show unix_socket_directories");
    folder = String(row?.unix_socket_directories);
  });
  afterAll(async () => {
    await server?.dispose();
    certificate?.dispose();
  });

  test.each([
    "sslmode=prefer&channel_binding=require",
    "schema=public&connection_limit=5&pool_timeout=10&pgbouncer=true&connect_timeout=3",
    "gssencmode=disable&keepalives=1&keepalives_idle=30&target_session_attrs=any",
    "sslmode=disable&sslrootcert=system&sslmode=disable",
    "application_name=x&statement_timeout=0&options=-c%20work_mem%3D8MB",
  ])("answers a URL with %s", async (query) => {
    expect(await ask(`${server.url}?${query}`)).toEqual({ one: 1 });
  });

  test("serves more than one connection of one URL, by host and by socket", async () => {
    for (const url of [server.url, `postgres://tidegate:tide-secret@/postgres?host=${folder}&port=${server.port}`]) {
      const database = postgres(url).open(SETTINGS, runtime);
      const asked = [1, 2, 3].map(() =>
        database.query(sql`select pg_backend_pid() as pid, pg_sleep(0.2)::text`, execution(runtime)),
      );
      const pids = (await Promise.all(asked)).map(([row]) => (row as { pid: number }).pid);
      expect(new Set(pids).size).toBe(3);
      await database.close();
    }
  });

  test("is found at [::1], with user, password and database percent-encoded", async () => {
    const url = `postgres://a%40b:p%2Fw%3F%23x@[::1]:${server.port}/h%5Fdb?schema=my%22x&application_name=shop`;
    expect(await ask(url, where)).toEqual({ db: "h_db", who: "a@b", address: "::1/128", path: '"my""x"', app: "shop" });
  });

  test("has its certificate checked as far as sslmode says, against the file of sslrootcert", async () => {
    const encrypted = sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    const own = encodeURIComponent(certificate.certFile);
    for (const query of ["sslmode=require", `sslmode=verify-ca&sslrootcert=${own}`, `sslrootcert=${own}`]) {
      expect(await ask(`${server.url}?${query}`, encrypted)).toEqual({ ssl: true });
    }
    const refused = { fault: "connection", vendorCode: "DEPTH_ZERO_SELF_SIGNED_CERT" };
    await expect(ask(`${server.url}?sslmode=verify-ca`)).rejects.toMatchObject(refused);
    const misnamed = ask(`${server.url}?sslmode=verify-full&sslrootcert=${own}`);
    await expect(misnamed).rejects.toMatchObject({ vendorCode: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  test.each([
    ["a parameter", () => `postgres://tidegate:tide-secret@/postgres?host=${folder}&port=${server.port}`],
    [
      "a parameter beside a host",
      () => `postgres://tidegate:tide-secret@localhost:${server.port}/postgres?host=${folder}`,
    ],
    [
      "its host",
      () => `postgres://tidegate:tide-secret@${encodeURIComponent(folder)}:${server.port}/postgres?sslmode=require`,
    ],
  ])("is found at its unix socket, named by %s", async (_what, url) => {
    expect(await ask(url(), where)).toMatchObject({ db: "postgres", address: null });
  });
});

test("a unix socket where somebody hangs up is told at once, and not dialled until the connect timeout", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-socket-"));
  let dialled = 0;
  const peer = createServer((socket) => {
    dialled += 1;
    socket.on("error", () => {}).end();
  });
  await new Promise<void>((resolve) => peer.listen(join(folder, ".s.PGSQL.5432"), resolve));
  try {
    const startedAt = performance.now();
    await expect(ask(`postgres://u@/db?host=${folder}`)).rejects.toMatchObject({ fault: "connection" });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(dialled).toBeLessThan(5);
    await expect(ask(`postgres://u@/db?host=${folder}/none`)).rejects.toMatchObject({ vendorCode: "ENOENT" });
  } finally {
    peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
