/** The small application as its operators reach it: a platform that restarts when the test says so, and an audit. */
import type { DatabaseAdapter } from "../../lib/database/port.ts";
import type { AuditRecord } from "../../lib/recovery/audit/record.ts";
import type { Deployment } from "../../lib/recovery/ledger/types.ts";
import type { RestartProvider } from "../../lib/recovery/restart-provider.ts";
import type { Firing } from "../../lib/recovery/restarts.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter, StoreLog } from "../../lib/store/port.ts";
import type { Answer } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { smallApp } from "./app.ts";
import { passing } from "./restart-scene.ts";

export const ADMIN = "Bearer a-token-that-is-long-enough-to-pass";
const MONITOR_TOKEN = "a-monitor-token-that-is-long-enough";
export const MONITOR = `Bearer ${MONITOR_TOKEN}`;
export const CRON = "a-secret-of-the-scheduler-long-enough";

export interface OperatedOptions {
  readonly env?: Record<string, string>;
  /** Of the fake database. */
  readonly answer?: Answer;
  readonly database?: DatabaseAdapter;
  readonly store?: StoreAdapter;
  /** Null: where the store has one. */
  readonly auditLog?: StoreLog | null;
  readonly fire?: (firing: Firing) => Promise<Deployment | null>;
  readonly status?: RestartProvider["status"];
  readonly listen?: RestartProvider["listen"];
}

export function operatedApp(options: OperatedOptions = {}) {
  const { env = {}, answer, database, store, auditLog, fire, status, listen } = options;
  const fired: Firing[] = [];
  const restart: RestartProvider = {
    name: "webhook",
    targets: ["blue", "green"],
    capabilities: ["restart"],
    deadlineMs: 20_000,
    fire: async (firing) => {
      fired.push(firing);
      return fire ? fire(firing) : { id: "d1", url: null, status: "QUEUED" };
    },
    ...(status && { status }),
    ...(listen && { listen }),
  };
  const tokens = { MONITOR_TOKENS: `watcher:${MONITOR_TOKEN}`, CRON_SECRET: CRON };
  const made = smallApp({ ...tokens, ...env }, answer, {
    ...(database && { database }),
    ...(store && { store }),
    restart,
    ...(auditLog !== null && { auditLog: auditLog ?? memory().open(manualRuntime()).log }),
  });
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init: RequestInit = { method, headers: { authorization: ADMIN, "user-agent": "test", ...headers } };
    if (body !== undefined) {
      init.body = typeof body === "string" ? body : JSON.stringify(body);
      init.headers = { "content-type": "application/json", ...init.headers };
    }
    const response = await passing(made.runtime, Promise.resolve(made.app.request(path, init)));
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answered };
  };
  return {
    ...made,
    fired,
    get: (path: string, headers?: Record<string, string>) => send("GET", path, undefined, headers),
    post: (path: string, body: unknown, headers?: Record<string, string>) => send("POST", path, body, headers),
    restart: (body: unknown = {}, headers?: Record<string, string>) =>
      send("POST", "/admin/api/worker/restart", body, headers),
    audited: async (): Promise<readonly AuditRecord[]> => {
      const { body } = await send("GET", "/admin/api/audit?limit=200");
      return (body.data as { records: AuditRecord[] }).records.toReversed();
    },
  };
}

export interface Answered {
  readonly success: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown };
  readonly meta: Readonly<Record<string, unknown>>;
}
