/** A case of every row of the table of PostgreSQL's errors, on a real server wherever one can be brought to it. */
import { afterAll, beforeAll, describe } from "vitest";
import { rowOf } from "../../lib/database/error-table.ts";
import { POSTGRES_ERRORS } from "../../lib/database/postgres/errors.ts";
import { type Certificate, selfSigned } from "../support/certificate.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { postgresScene } from "../support/postgres-scene.ts";
import { testRows } from "./errors/case.ts";
import { connectionRows } from "./errors/postgres-connections.ts";
import { recoveryRows } from "./errors/postgres-recovery.ts";
import { scriptedRows } from "./errors/postgres-scripted.ts";
import { statementRows } from "./errors/postgres-statements.ts";

describe.skipIf(postgresUnavailable() !== undefined)(
  `errors of PostgreSQL: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const scene = postgresScene({ max_connections: "12", max_locks_per_transaction: "10" });
    let certificate: Certificate | undefined;
    let guarded: PostgresServer | undefined;
    beforeAll(async () => {
      certificate = await selfSigned("tidegate.test");
      const { certFile, keyFile } = certificate;
      guarded = await startPostgres({
        password: true,
        settings: { ssl: "on", ssl_cert_file: certFile, ssl_key_file: keyFile },
      });
    }, 60_000);
    afterAll(async () => {
      await guarded?.dispose();
      certificate?.dispose();
    });
    const second = (): PostgresServer => {
      if (guarded === undefined) throw new Error("the second server is there only while tests run");
      return guarded;
    };

    testRows(POSTGRES_ERRORS, (error) => rowOf(POSTGRES_ERRORS, error), [
      ...statementRows(scene),
      ...connectionRows(scene, second),
      ...scriptedRows(scene),
      ...recoveryRows(scene, second),
    ]);
  },
);
