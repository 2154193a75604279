/** Programs that have nothing else to do than to wait for a call: `node waiting-script.ts NAME`. */
import { createClient } from "../../lib/client/client.ts";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const config = readConfig({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config, log });
const never = () => new Promise<never>(() => {});

const PROGRAMS: Readonly<Record<string, () => unknown>> = {
  deadline: () => void tide.run(never, { deadlineMs: 200 }),
  line: () => {
    tide.run(never).catch(() => {});
    void tide.run(never, { waitMs: 200 });
  },
  client: () =>
    createClient()
      .get("http://127.0.0.1:9/orders", { retries: 1 })
      .catch(({ message }: Error) => console.log(message)),
  background: async () => {
    await tide.acquire();
    await tide.run(() => 1, { lane: "slow" });
    void tide.gate("billing").run(() => 1);
    console.log("done");
  },
};

void PROGRAMS[process.argv[2] ?? ""]?.();
