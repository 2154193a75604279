/** The database as the environment has it. */
import type { Config } from "../../config.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, ok, warn } from "./check.ts";
import { needed } from "./connections.ts";
import { checkPostgres } from "./postgres.ts";
import { visit } from "./visit.ts";

export async function checkDatabase(config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { database } = config;
  switch (database.kind) {
    case "code":
    case "pglite":
      // Two processes on one directory would destroy it.
      return [ok("database", `${database.address}, which is not opened beside the application`)];
    case "oracle":
      return checkOracle(database.url, config, runtime);
    case "postgres":
      return checkPostgres(database.url, config, runtime);
  }
}

async function checkOracle(url: string, config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { oracle } = await import("../../database/oracle/oracle.ts");
  const { check, found } = await visit(oracle(url), config, runtime, async () => [
    warn("role", "limits are not looked at on Oracle", `set SESSIONS_PER_USER to at least ${needed(config)}`),
  ]);
  return [check, ...(found ?? [])];
}
