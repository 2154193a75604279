/** What a PostgreSQL URL says, while it is being read. */

export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** What a URL asks for and does not get, and what to do instead. */
export interface Note {
  readonly parameter: string;
  /** As the end of the sentence "it …". */
  readonly message: string;
  readonly remedy: string;
}

/** What of it has been read so far. */
export interface Draft {
  host: string | null;
  hostaddr: string | null;
  port: string | null;
  user: string | null;
  password: string | null;
  database: string | null;
  sslMode: SslMode | null;
  /** Files and options for TLS, by the names that TLS sockets have for them. */
  readonly tlsFiles: Record<string, string>;
  readonly tlsOptions: Record<string, string>;
  /** TLS begins without asking the server first. */
  sslDirect: boolean;
  /** Seconds; false: none. Null: the driver's own. */
  keepAlive: number | false | null;
  sessionAttributes: string | null;
  /** A pooler in transaction mode stands in between. */
  isPooled: boolean;
  /** Sent to the server as a connection begins. */
  readonly settings: Record<string, string>;
  readonly notes: Note[];
}

export function newDraft(): Draft {
  return {
    host: null,
    hostaddr: null,
    port: null,
    user: null,
    password: null,
    database: null,
    sslMode: null,
    tlsFiles: {},
    tlsOptions: {},
    sslDirect: false,
    keepAlive: null,
    sessionAttributes: null,
    isPooled: false,
    settings: {},
    notes: [],
  };
}
