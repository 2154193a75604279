/** Where this machine keeps PostgreSQL, and under whom a cluster may run: it refuses root. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const DEBIAN = "/usr/lib/postgresql";

function candidates(): string[] {
  const own = process.env.TIDEGATE_PG_BIN;
  const debian = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN, version, "bin"))
    : [];
  return [...(own === undefined ? [] : [own]), ...debian, ...(process.env.PATH ?? "").split(":")];
}

/** The folder that holds `postgres` and `initdb`; undefined when there is none. */
export function postgresBinaries(): string | undefined {
  return candidates().find((folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb")));
}

/**
 * Why no PostgreSQL can be started here, for a test to print when it is skipped; undefined when one can.
 *
 * @example
 * ```ts
 * describe.skipIf(postgresUnavailable() !== undefined)(`on a server (${postgresUnavailable() ?? "real"})`, …);
 * ```
 */
export function postgresUnavailable(): string | undefined {
  if (postgresBinaries() === undefined) {
    return "no PostgreSQL in TIDEGATE_PG_BIN, /usr/lib/postgresql or on the PATH; apt-get install postgresql";
  }
  if (process.getuid?.() === 0 && postgresUser() === undefined) {
    return "PostgreSQL refuses to run as root and this machine has no user postgres or nobody";
  }
  return undefined;
}

/** Whom the server runs as: the present user, or for root one that is not root. */
export function postgresUser(): { readonly uid?: number; readonly gid?: number } | undefined {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return user === undefined ? undefined : { uid: Number(user[2]), gid: Number(user[3]) };
}
