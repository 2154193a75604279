/**
 * A PostgreSQL's side of the wire, version 3, as far as tests need it: it lets clients in or refuses them, and answers
 * each statement with success or an error. For what no server can be brought to say.
 *
 * Source of the formats: "Frontend/Backend Protocol" in the PostgreSQL manual.
 */
import type { Socket } from "node:net";
import { serve, type TcpServer } from "./tcp.ts";

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;

export interface WireError {
  readonly severity: "ERROR" | "FATAL" | "PANIC";
  readonly code: string;
  readonly message: string;
  /** How long the statement runs before, in milliseconds. */
  readonly afterMs?: number;
}

export interface WireScript {
  /** What a client hears instead of being let in. `forged`: SCRAM, by a server that does not know the password. */
  readonly login?: WireError | "forged";
  /** What is said of a statement; undefined lets it succeed, without rows. `garbled`: what no client asks for. */
  readonly statement?: (text: string) => WireError | "garbled" | undefined;
}

export function wireServer(script: WireScript): Promise<TcpServer> {
  return serve((socket) => converse(socket, script));
}

function converse(socket: Socket, script: WireScript): void {
  let unread: Buffer = Buffer.alloc(0);
  let greeted = false;
  let failed = false;
  let running = false;
  const send = (...messages: Buffer[]): void => {
    socket.write(Buffer.concat(messages));
  };
  const fail = (error: WireError): void => {
    failed = true;
    if (error.severity === "ERROR") send(errorResponse(error));
    else socket.end(errorResponse(error));
  };

  function greet(request: number): void {
    if (request === SSL_REQUEST) send(Buffer.from("N"));
    else if (request === CANCEL_REQUEST) socket.end();
    else {
      greeted = true;
      if (script.login === "forged") send(message("R", int32(10), text("SCRAM-SHA-256"), text("")));
      else if (script.login !== undefined) fail(script.login);
      else send(message("R", int32(0)), message("K", int32(1), int32(1)), ready());
    }
  }

  /** A statement in steps is parsed, described, bound and executed, each answered when it was understood; sync ends it. */
  function answer(type: string, body: Buffer): void {
    const steps: Readonly<Record<string, () => void>> = {
      p: () => send(sasl(body)),
      Q: () => {
        const said = script.statement?.(textOf(body));
        if (said === "garbled") return send(message("V", int32(0)));
        if (said === undefined) send(message("C", text("SELECT 0")), ready());
        else fail(said);
        if (said?.severity === "ERROR") send(ready());
      },
      P: () => {
        failed = false;
        const said = script.statement?.(textOf(body.subarray(body.indexOf(0) + 1)));
        if (said === undefined) return send(message("1"));
        if (said === "garbled") return send(message("V", int32(0)));
        if (said.afterMs === undefined) return fail(said);
        running = true;
        setTimeout(() => {
          running = false;
          fail(said);
          hear();
        }, said.afterMs);
      },
      D: () => failed || send(message("t", int16(0)), message("n")),
      B: () => failed || send(message("2")),
      E: () => failed || send(message("C", text("SELECT 0"))),
      S: () => send(ready()),
    };
    steps[type]?.();
  }

  function hear(): void {
    while (!running) {
      const head = greeted ? 1 : 0;
      const length = unread.length < head + 4 ? Number.POSITIVE_INFINITY : unread.readUInt32BE(head) + head;
      if (unread.length < length) return;
      const [type, body] = [unread.toString("latin1", 0, 1), unread.subarray(head + 4, length)];
      unread = unread.subarray(length);
      if (greeted) answer(type, body);
      else greet(body.readUInt32BE(0));
    }
  }

  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    hear();
  });
}

/** The client's first word has its nonce, which ours must begin with; the second is believed, and answered wrongly. */
function sasl(body: Buffer): Buffer {
  const nonce = /n=\*?,r=(.*)$/s.exec(body.toString())?.[1];
  if (nonce === undefined) return message("R", int32(12), Buffer.from(`v=${"A".repeat(43)}=`));
  return message("R", int32(11), Buffer.from(`r=${nonce}ours,s=${Buffer.from("salt").toString("base64")},i=4096`));
}

function errorResponse({ severity, code, message: words }: WireError): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${words}`].map(text);
  return message("E", ...fields, Buffer.from([0]));
}

const ready = (): Buffer => message("Z", Buffer.from("I"));
const textOf = (body: Buffer): string => body.toString("utf8", 0, body.indexOf(0));
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}
