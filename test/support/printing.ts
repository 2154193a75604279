/** A process that writes everything that a process can write, and ends by an error that nobody catches. */
import { setImmediate } from "node:timers/promises";
import { lineLog } from "tidegate";
import { readConfig } from "tidegate/config";
import { processLines } from "tidegate/node";

const config = readConfig();
processLines(lineLog(config.log, config));
console.log("a handler says %s", "hello", { to: "you" });
console.error(new Error("a library failed with a-secret-of-cron-1"));
process.emitWarning("this is old", "DeprecationWarning", "DEP0999");
// Node says so by a warning of its own.
for (let listener = 0; listener < 12; listener++) process.on("SIGUSR2", () => {});
await setImmediate();
// biome-ignore lint/suspicious/noExplicitAny: an error that no compiler would let through.
(globalThis as any).nothing.there();
