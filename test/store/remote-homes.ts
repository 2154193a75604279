/** The homes that run the gate's script, each reached as its own adapter reaches it. */
import { systemRuntime } from "../../lib/runtime.ts";
import type { ScriptRunner } from "../../lib/store/lua/script.ts";
import { openConnection } from "../../lib/store/redis/connection.ts";
import { settingsOf } from "../../lib/store/redis/settings.ts";
import { openRequests } from "../../lib/store/upstash/requests.ts";
import { parseUpstash } from "../../lib/store/upstash/target.ts";
import { startUpstashGateway } from "../support/upstash-gateway.ts";

export interface RemoteHome {
  readonly name: string;
  /** Of the short run and the long one: as many as its round trips allow. */
  readonly renewals: readonly [short: number, long: number];
  /** How often each answer, refusal and transition has to occur in them. */
  readonly leastSeen: readonly [short: number, long: number];
  open(redisUrl: string): Promise<OpenHome>;
}

export interface OpenHome {
  readonly runner: ScriptRunner;
  close(): Promise<void>;
}

export const REMOTE_HOMES: readonly RemoteHome[] = [
  {
    name: "redis",
    renewals: [12_000, 1_000_000],
    leastSeen: [2, 250],
    async open(redisUrl) {
      const connection = openConnection(settingsOf(redisUrl), systemRuntime());
      return { runner: connection, close: () => connection.close() };
    },
  },
  {
    name: "upstash",
    renewals: [1_200, 200_000],
    leastSeen: [0, 50],
    async open(redisUrl) {
      const gateway = await startUpstashGateway(redisUrl);
      const requests = openRequests(parseUpstash(gateway.url, gateway.token), systemRuntime());
      const close = async () => {
        await requests.close();
        await gateway.close();
      };
      return { runner: requests, close };
    },
  },
];
