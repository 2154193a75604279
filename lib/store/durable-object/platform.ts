/** The little of Cloudflare's interfaces that is used here, so that no user needs their types to compile. */

/** A binding of `[[durable_objects.bindings]]`; the platform's `DurableObjectNamespace` is one. */
export interface ObjectNamespace {
  /** The id of the object of that name. */
  idFromName(name: string): object;
  /** The way to the object, which is made when it is first asked. */
  get(id: object): ObjectStub;
}

/** The way to one object. */
export interface ObjectStub {
  /** Asks the object, as by HTTP. */
  fetch(url: string, init: { method: string; body: string }): Promise<{ text(): Promise<string> }>;
}

/** What the platform adds to the errors of a stub. */
export interface StubError {
  /** Too many requests wait for the object. Must not be repeated. */
  readonly overloaded?: boolean;
  /** The object was reset, moved or out of reach; whether the call took effect is not known. */
  readonly retryable?: boolean;
}

/** What an object's constructor is given; the platform's `DurableObjectState` is one. */
export interface ObjectState {
  readonly storage: ObjectStorage;
}

/** Of a class that a migration names in `new_sqlite_classes`: only there is `kv`. */
export interface ObjectStorage {
  readonly kv: ObjectEntries;
  /** Every write of `task`, or none of them when it throws. */
  transactionSync<Value>(task: () => Value): Value;
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
  /** The alarm included. */
  deleteAll(): Promise<void>;
}

/** Values are kept as structured clones: what is changed after `put` stays out of it. */
export interface ObjectEntries {
  get<Value>(name: string): Value | undefined;
  put<Value>(name: string, value: Value): void;
  delete(name: string): boolean;
  /** In order of their names, `end` excluded. */
  list<Value>(range: ObjectRange): Iterable<[string, Value]>;
}

export interface ObjectRange {
  readonly prefix: string;
  readonly end?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}
