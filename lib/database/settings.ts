/** How many connections there are, and for how long: what every driver is opened with. */

/** What the environment says about connections; every driver enforces all of it, or says that it cannot. */
export interface DatabaseSettings {
  /** Connections of the lane `request` that are kept. */
  readonly poolSize: number;
  /** Connections of that lane beyond those, closed when idle. */
  readonly maxOverflow: number;
  /** Lifetime of a connection, in milliseconds. */
  readonly poolRecycleMs: number;
  /** Longest that opening a connection may take, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest a statement of the lane `request` may run, in milliseconds. */
  readonly callTimeoutMs: number;
  /** The same for the lane `slow`, in milliseconds. */
  readonly slowCallTimeoutMs: number;
  /** Connections of the lane `slow`. */
  readonly slowMaxConcurrent: number;
  /** Connections of the lane `health`. */
  readonly healthPoolSize: number;
  /** `transaction`: nothing is prepared or left in a session, since another client may have it next. */
  readonly pooler: "none" | "transaction";
  /** Shown to the server as the client's name. */
  readonly applicationName: string;
}
