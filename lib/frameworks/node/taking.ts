/** Takes what handlers send in the place of the connection: who else waits for it is given it, and it is kept. */
import { type IncomingMessage, ServerResponse } from "node:http";

export interface Taking {
  /** Once its head is known. */
  readonly response: Promise<Response>;
  /** What handlers have set, which need not be what is kept of it. */
  readonly outgoing: ServerResponse;
  /** Aborted when nobody reads it any more. */
  readonly unread: AbortSignal;
  /** The handler has failed. */
  fail(error: unknown): void;
  /** Who began it does not read it; others may still. */
  abandon(): void;
  /** Calls `work` with the connection as it was: what is sent then goes out. */
  through<Value>(work: () => Value): Value;
  /** The connection is as it was, from now on. */
  release(): void;
}

/** What belongs to the head of an answer. */
const HEAD = [
  ...["setHeader", "appendHeader", "setHeaders", "removeHeader"],
  ...["getHeader", "getHeaders", "getHeaderNames", "hasHeader"],
] as const;
/** What decides whether it is kept, whoever has set it. */
const DECIDING = new Set(["cache-control", "set-cookie", "vary"]);
const WITHOUT_BODY = new Set([204, 205, 304]);
/** As much as a connection holds before it says that it is full. */
const HELD_BYTES = 16 * 1_024;

/** As Node has them. */
export type HeadersOnNode = Readonly<Record<string, string | number | string[] | undefined>>;

/** @param before What others had set before: it is not the handler's. */
export function take(incoming: IncomingMessage, connection: ServerResponse, before: HeadersOnNode): Taking {
  const { promise: response, resolve, reject } = Promise.withResolvers<Response>();
  // Nobody need wait for it.
  response.catch(() => {});
  const unread = new AbortController();
  const outgoing = new ServerResponse(incoming);
  for (const [name, value] of Object.entries(before)) if (value !== undefined) outgoing.setHeader(name, value);
  const body = bodyOf(
    () => connection.emit("drain"),
    () => unread.abort(new DOMException("Nobody reads the answer any more.", "AbortError")),
  );
  let isBegun = false;
  const begin = () => {
    if (isBegun) return;
    isBegun = true;
    const { statusCode: status } = outgoing;
    const isBodiless = incoming.method === "HEAD" || WITHOUT_BODY.has(status);
    const headers = changedHeaders(outgoing.getHeaders(), before);
    // What is no status of `fetch` is none that is kept.
    resolve(
      new Response(isBodiless ? null : body.stream, { status: status >= 200 && status < 600 ? status : 599, headers }),
    );
  };
  const place = replacing(connection, {
    ...Object.fromEntries(HEAD.map((name) => [name, { value: outgoing[name].bind(outgoing) }])),
    statusCode: accessor(
      () => outgoing.statusCode,
      (status) => {
        outgoing.statusCode = Number(status);
      },
    ),
    statusMessage: accessor(
      () => outgoing.statusMessage,
      (message) => {
        outgoing.statusMessage = String(message);
      },
    ),
    headersSent: accessor(() => isBegun),
    writableEnded: accessor(body.isEnded),
    flushHeaders: { value: begin },
    writeHead: {
      value: (status: number, ...given: readonly unknown[]) => {
        outgoing.statusCode = status;
        if (typeof given[0] === "string") outgoing.statusMessage = given[0];
        setAll(outgoing, given.at(-1));
        begin();
        return connection;
      },
    },
    write: {
      value: (chunk: unknown, ...others: readonly unknown[]) => {
        begin();
        return body.write(chunk, others);
      },
    },
    end: {
      value: (...given: readonly unknown[]) => {
        begin();
        body.end(given);
        return connection;
      },
    },
  });
  place.put();
  let isReleased = false;
  return {
    response,
    outgoing,
    unread: unread.signal,
    fail: (error) => {
      reject(error);
      if (isBegun) body.fail(error);
    },
    abandon: () => void response.then((one) => one.body?.cancel()).catch(() => {}),
    through: (work) => {
      place.putBack();
      try {
        return work();
      } finally {
        if (!isReleased) place.put();
      }
    },
    release: () => {
      if (!isReleased) place.putBack();
      isReleased = true;
    },
  };
}

/** Bytes as they are written, for who reads them. */
function bodyOf(drained: () => void, unread: () => void) {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isEnded = false;
  let isFull = false;
  let isUnread = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (begun) => {
        controller = begun;
      },
      pull: () => {
        if (isFull) queueMicrotask(drained);
        isFull = false;
      },
      cancel: () => {
        isUnread = true;
        unread();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HELD_BYTES }),
  );
  const write = (chunk: unknown, others: readonly unknown[]): boolean => {
    const encoding = others.find((other) => typeof other === "string");
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding | undefined) : chunk;
    if (bytes instanceof Uint8Array && bytes.byteLength > 0 && !isEnded && !isUnread) controller.enqueue(bytes);
    const written = others.find((other) => typeof other === "function");
    if (written) queueMicrotask(written as () => void);
    isFull = !isUnread && (controller.desiredSize ?? 0) <= 0;
    return !isFull;
  };
  return {
    stream,
    write,
    end: (given: readonly unknown[]) => {
      if (isEnded) return;
      const [chunk, ...others] = typeof given[0] === "function" ? [undefined, ...given] : given;
      write(chunk, others);
      isEnded = true;
      if (!isUnread) controller.close();
    },
    fail: (error: unknown) => {
      if (!isEnded && !isUnread) controller.error(error);
      isEnded = true;
    },
    isEnded: () => isEnded,
  };
}

const accessor = (get: () => unknown, set?: (value: unknown) => void): PropertyDescriptor => ({
  get,
  ...(set && { set }),
});

/** Puts others in the place of what a connection has, and back what was there. */
function replacing(connection: ServerResponse, others: Readonly<Record<string, PropertyDescriptor>>) {
  let before: readonly (readonly [name: string, own: PropertyDescriptor | undefined])[] = [];
  return {
    put: () => {
      before = Object.keys(others).map((name) => [name, Object.getOwnPropertyDescriptor(connection, name)]);
      for (const [name, other] of Object.entries(others)) {
        const kind = "value" in other ? { writable: true } : {};
        Object.defineProperty(connection, name, { configurable: true, enumerable: false, ...kind, ...other });
      }
    },
    putBack: () => {
      for (const [name, own] of before) {
        if (own) Object.defineProperty(connection, name, own);
        else Reflect.deleteProperty(connection, name);
      }
    },
  };
}

/** An object, or names and values in turn, as `writeHead` takes them. */
function setAll(outgoing: ServerResponse, given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  const pairs = Array.isArray(given)
    ? given.flatMap((name, at) => (at % 2 === 0 ? [[name, given[at + 1]] as const] : []))
    : Object.entries(given);
  for (const [name, value] of pairs) if (value !== undefined) outgoing.setHeader(String(name), value);
}

/** Those that differ from what was there before, and those that decide. */
export function changedHeaders(now: HeadersOnNode, before: HeadersOnNode): [string, string][] {
  return Object.entries(now).flatMap(([name, value]) => {
    const isChanged = DECIDING.has(name) || `${before[name]}` !== `${value}`;
    if (value === undefined || !isChanged) return [];
    return (Array.isArray(value) ? value : [`${value}`]).map((one): [string, string] => [name, one]);
  });
}
