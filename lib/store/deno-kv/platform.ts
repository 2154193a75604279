/** The part of Deno's KV that is used here, and opening it: what is missing is said with the flag that brings it. */
import type { Runtime } from "../../runtime.ts";
import { retried } from "./retried.ts";

export type KvKey = readonly (string | number)[];

/** `versionstamp` null: there is nothing under that key. All that one commit wrote carries one versionstamp. */
export interface KvFound<Value = unknown> {
  readonly key: KvKey;
  readonly value: Value | null;
  readonly versionstamp: string | null;
}

export interface KvAtomic {
  check(...checks: readonly Pick<KvFound, "key" | "versionstamp">[]): KvAtomic;
  set(key: KvKey, value: unknown, options?: { readonly expireIn?: number }): KvAtomic;
  delete(key: KvKey): KvAtomic;
  /** `ok` false: a check failed, nothing was written. */
  commit(): Promise<{ readonly ok: true; readonly versionstamp: string } | { readonly ok: false }>;
}

export interface DenoKv {
  /** At most ten keys; one consistent read. */
  getMany(keys: readonly KvKey[]): Promise<readonly KvFound[]>;
  list(
    range: { readonly start: KvKey; readonly end: KvKey },
    options: { readonly reverse: boolean; readonly limit: number; readonly batchSize: number },
  ): AsyncIterable<KvFound>;
  atomic(): KvAtomic;
  close(): void;
}

interface Platform {
  readonly Deno?: { readonly openKv?: (path?: string) => Promise<DenoKv> };
}

/** Opens with the first call, and again with the next one where that failed. */
export interface Connection {
  (): Promise<DenoKv>;
  close(): Promise<void>;
}

/** @param path Null: the database of the deployment, or of the script where Deno runs on a machine. */
export function connection(path: string | null, runtime: Runtime): Connection {
  const what = `deno-kv: open ${path ?? "the default database"}`;
  let opening: Promise<DenoKv> | null = null;
  let closed = false;
  const connect = async (): Promise<DenoKv> => {
    if (closed) throw new Error("deno-kv: use the store: it must be open, it was closed; open another");
    opening ??= retried(runtime, what, () => openKv(path, what));
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw error;
    }
  };
  const close = async () => {
    closed = true;
    const kv = await opening?.catch(() => null);
    opening = null;
    kv?.close();
  };
  return Object.assign(connect, { close });
}

async function openKv(path: string | null, what: string): Promise<DenoKv> {
  const { Deno } = globalThis as Platform;
  if (!Deno) throw new Error(`${what}: Deno is needed, this is another runtime; run in Deno, or set STATE_URL`);
  if (!Deno.openKv) {
    throw new Error(
      `${what}: Deno.openKv is needed, this Deno hides it; start it with --unstable-kv, or put "unstable": ["kv"] into deno.json`,
    );
  }
  try {
    return await Deno.openKv(path ?? undefined);
  } catch (error) {
    const { name, message } = error as Error;
    const needed = name === "NotCapable" ? "permission to read and write the file" : "a file that can be opened";
    const remedy =
      name === "NotCapable" ? `start Deno with --allow-read=${path} --allow-write=${path}` : "look at STATE_URL";
    throw new Error(`${what}: ${needed} is needed, found "${message}"; ${remedy}`, { cause: error });
  }
}
