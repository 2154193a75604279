/** A process whose event loop stands still, as over a large answer, or frozen by its platform, while the world goes on. */
import { execFileSync } from "node:child_process";

/** Behind what was read in this turn, so that the next begins with the timers. */
export async function standStill(ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Another process has the server end the connections of that name, in one long turn of this one's event loop. */
export function endUnseen(url: string, applicationName: string): void {
  const text = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${applicationName}'`;
  const script = `require("postgres")(${JSON.stringify(url)}).unsafe(${JSON.stringify(text)})
    .then(() => setTimeout(() => process.exit(0), 100))`;
  execFileSync(process.execPath, ["-e", script]);
}
