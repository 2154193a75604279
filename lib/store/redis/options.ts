/** What `redis()` takes beside a URL. */
import type { RedisNode } from "../../redis-url.ts";

/** A password, or what is asked for it at every connect: for credentials that change. */
export type RedisPassword = string | (() => string | Promise<string>);

/** Encryption, as `node:tls` has it. */
export interface RedisTls {
  /** Certificates of the authority that the server's is from, in PEM. Default: those that the platform trusts. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** One's own certificate, where the server asks for it, in PEM. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key to it. */
  readonly key?: string | Uint8Array | undefined;
  /** What the key is locked with. */
  readonly passphrase?: string | undefined;
  /** The name in the server's certificate, where that is not its host. */
  readonly servername?: string | undefined;
  /** False trusts anybody, which is for tests. Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Where a Redis is, and how to get in: one of `url`, `nodes` and `sentinels`. */
export interface RedisOptions {
  /** As `STATE_URL` has it: `redis://`, `rediss://`, `redis+unix://`, `redis+cluster://`, `redis+sentinel://`. */
  readonly url?: string | undefined;
  /** Some nodes of a cluster, as `host:port` or in parts. */
  readonly nodes?: readonly (string | RedisNode)[] | undefined;
  /** Some of the Sentinels that watch `master`, as `host:port` or in parts. */
  readonly sentinels?: readonly (string | RedisNode)[] | undefined;
  /** The name under which the sentinels watch the primary. */
  readonly master?: string | undefined;
  /** Over the one in the URL. */
  readonly username?: string | undefined;
  /** Over the one in the URL. A function is asked at every connect, and has 2 s to answer. */
  readonly password?: RedisPassword | undefined;
  /** Of the Sentinels, where they have users of their own. */
  readonly sentinelUsername?: string | undefined;
  /** Of the Sentinels. Default: none is sent to them. */
  readonly sentinelPassword?: RedisPassword | undefined;
  /** One of the server's databases, by its number. A cluster has only 0. */
  readonly database?: number | undefined;
  /** True: encrypted, with what the platform trusts. Default: as the URL's scheme says. */
  readonly tls?: boolean | RedisTls | undefined;
}
