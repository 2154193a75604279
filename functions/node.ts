/** The entry for Node: reads the environment, chooses adapters, serves, and says what to try first. */
import { type GuardedDatabase, tidegate } from "tidegate";
import { type Config, readConfig } from "tidegate/config";
import { serve } from "tidegate/node";
import { withFaults } from "tidegate/testing";
import manifest from "../package.json" with { type: "json" };
import { adaptersOf } from "./adapters.ts";
import { createApp } from "./app.ts";
import { welcome } from "./welcome.ts";

try {
  await start(readConfig());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function start(config: Config): Promise<void> {
  const { database, store } = await adaptersOf(config);
  // Trouble on demand is for development; elsewhere the database is not even wrapped.
  const { adapter, faults } =
    config.app.env === "development" ? withFaults(database) : { adapter: database, faults: undefined };
  const tide = tidegate({ database: adapter, store, config, appVersion: manifest.version });
  const { url } = await serve(createApp(tide, faults), { tide });
  // An embedded database takes seconds to start and be seeded; a server may be away, which is what Tidegate is for.
  if (config.database.kind === "pglite") await firstAnswer(tide.db.lane("slow"));
  console.log(welcome(url, config));
}

/**
 * A machine that is very busy may need more than one patience of a call. In the slow lane, where a start that takes long
 * is no news about the database: with a short call timeout it would open the breaker before anybody came.
 */
async function firstAnswer(db: GuardedDatabase): Promise<void> {
  console.log("Starting the embedded database …");
  const asked = () =>
    db.query`select 1`.then(
      () => true,
      () => false,
    );
  for (let tries = 0; tries < 5 && !(await asked()); tries++);
}
