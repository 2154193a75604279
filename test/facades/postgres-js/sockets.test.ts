/** The sockets of a guarded `sql`: with TLS, by a socket of the application's own, and where they are not known. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificate, selfSigned } from "../../support/certificate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { atRest, errorOf, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

describe.skipIf(postgresUnavailable() !== undefined)(
  `sockets of a guarded sql: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    let certificate: Certificate;
    beforeAll(async () => {
      certificate = await selfSigned("localhost");
      const { certFile, keyFile } = certificate;
      scene = await sqlScene({ ssl: "on", ssl_cert_file: certFile, ssl_key_file: keyFile });
    });
    afterEach(() => scene.clear());
    afterAll(async () => {
      await scene?.dispose();
      certificate.dispose();
    });
    const byTcp = () => {
      const opened: number[] = [];
      const socket = ({ host: [host], port: [port] }: { host: string[]; port: number[] }) => {
        opened.push(1);
        return connect(Number(port), host);
      };
      return { opened, options: { socket } as object };
    };

    test.each([
      ["in the clear", () => ({})],
      ["with TLS", () => ({ ssl: "require" as const })],
      [
        "with a certificate that is checked",
        () => ({ ssl: { ca: readFileSync(certificate.certFile) }, host: "localhost" }),
      ],
      ["by a socket of its own", () => byTcp().options],
      ["with two hosts", () => ({ host: "127.0.0.1,localhost" })],
    ])(
      "%s, statements run, are cancelled at their deadline, and end with a server that stands still",
      async (_how, sql) => {
        const guarded = scene.guarded({ sql: { max: 2, ...sql() }, options: { deadlineMs: 400, waitMs: 1_000 } });
        expect(await guarded.sql`select 1 as n`).toEqual([{ n: 1 }]);
        expect(await errorOf(guarded.sql`select pg_sleep(20)`)).toMatchObject({ fault: "timeout" });
        await atRest(scene, guarded);
        scene.server.pause();
        expect(await errorOf(guarded.sql`select 1`)).toMatchObject({ fault: "timeout" });
        await eventually("its permit is back", async () => (await guarded.held()).permits === 0);
        scene.server.resume();
        await eventually("it serves", async () => (await errorOf(guarded.sql`select 1`)) === undefined);
        await atRest(scene, guarded);
      },
    );

    test("a connection becomes no older than max_lifetime, in use or not, and a sql that is ended is", async () => {
      const guarded = scene.guarded({ sql: { max: 1, max_lifetime: 0.2 } });
      const { sql } = guarded;
      const pid = async () => (await sql`select pg_backend_pid() as pid, pg_sleep(0.3)`)[0]?.pid;
      const first = await pid();
      expect(await pid()).not.toBe(first);
      await sql.end();
      await eventually("nobody is connected", async () => (await scene.seen("true")) === 0);
    });

    test("a sql whose connection was lost with a statement on it can be ended", async () => {
      const { sql } = scene.guarded();
      const asked = errorOf(sql`select pg_sleep(20)`);
      await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
      const where = `${SLEEPING} and pid <> pg_backend_pid()`;
      await scene.server.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${where}`);
      expect(await asked).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      await sql.end();
    });

    test("the application's own function still makes them", async () => {
      const { opened, options } = byTcp();
      const guarded = scene.guarded({ sql: options });
      await guarded.sql`select 1`;
      expect(opened).toEqual([1]);
    });
  },
);
