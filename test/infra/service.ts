/** The demo as it is deployed, for proxies and monitors to ask. */
import { type Server, startServer } from "../support/bundles.ts";
import { freePort } from "../support/processes.ts";
import { ROOT } from "./files.ts";

/** A database that is dead: what looks at an instance may not mind. */
export const DEAD = "postgres://app@127.0.0.1:1/fab";

export interface Service extends Server {
  readonly port: number;
}

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const port = await freePort();
  const command = [process.execPath, "--conditions=tidegate-source", "functions/node.ts"] as const;
  const server = await startServer(command, {
    cwd: ROOT,
    env: {
      APP_ENV: "testing",
      DATABASE_URL: DEAD,
      LOG_LEVEL: "error",
      RATE_LIMIT_PER_MINUTE: "0",
      PORT: String(port),
      ...env,
    },
    url: `http://127.0.0.1:${port}/`,
  });
  return { ...server, port };
}
