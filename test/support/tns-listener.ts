/**
 * The front door of an Oracle, as far as tests need it: it reads the client's CONNECT packet and refuses, or accepts and
 * then says nothing, hangs up or resets. Nobody can log on.
 *
 * A TNS packet is a length of two bytes, two bytes of checksum, a type, flags, and two bytes of checksum again.
 */
import type { Socket } from "node:net";
import { serve, type TcpServer } from "./tcp.ts";

const ACCEPT = 2;
const REFUSE = 4;
const DATA = 6;
const DATA_FLAGS_BYTES = 2;
const ERROR_MESSAGE = 4;
const HEADER_BYTES = 8;
/** The lowest version that the driver takes; it brings the long fields of data units. */
const VERSION = 315;
const DATA_UNIT_BYTES = 8192;
/** "No native encryption", which would be negotiated next. */
const NO_SERVICES = 0x08;

/** What happens to a client that has said where it wants to go. */
export type Answer = (socket: Socket, connectData: string) => void;

export function tnsListener(answer: Answer): Promise<TcpServer> {
  return serve((socket) => {
    let heard = "";
    let answered = false;
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      // Long connect data come in a packet of their own, after the first.
      if (answered || !/\(CONNECT_DATA=.*\)\)/s.test(heard)) return;
      answered = true;
      answer(socket, heard);
    });
  });
}

/** Refuses with the code of a listener, such as 12516; without one, with a reason that names none. */
export function refusing(code?: number): Answer {
  return (socket) => {
    const reason = code === undefined ? "(DESCRIPTION=(TMP=))" : `(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${code}))`;
    const body = Buffer.concat([Buffer.from([4, 0, reason.length >> 8, reason.length & 255]), Buffer.from(reason)]);
    socket.end(packet(REFUSE, body));
  };
}

/** Accepts the connection; what comes of the log-on is up to `afterwards`, which sees its first packet. */
export function accepting(afterwards: (socket: Socket) => void = () => {}): Answer {
  return (socket) => {
    const body = Buffer.alloc(37);
    body.writeUInt16BE(VERSION, 0);
    body.writeUInt16BE(DATA_UNIT_BYTES, 4);
    body.writeUInt16BE(DATA_UNIT_BYTES, 6);
    body[14] = NO_SERVICES;
    body[15] = NO_SERVICES;
    body.writeUInt32BE(DATA_UNIT_BYTES, 24);
    body.writeUInt32BE(DATA_UNIT_BYTES, 28);
    socket.write(packet(ACCEPT, body));
    socket.once("data", () => afterwards(socket));
  };
}

/**
 * Lets the client in as far as the log-on, which the server then refuses with an error of its own. That is how a server
 * says every error, those of statements too, and the driver reads all of them in one place.
 *
 * @param code such as 1017. Source of the format: the driver's `thin/protocol/messages/base.js`.
 */
export function failing(code: number, words: string): Answer {
  const said = Buffer.from(`ORA-${String(code).padStart(5, "0")}: ${words}\n`);
  const number = Buffer.from([2, code >> 8, code & 255]);
  // Positions, cursors, rows and batches: numbers of variable length, all 0; more of them after the error's number.
  const error = [
    Buffer.from([ERROR_MESSAGE]),
    Buffer.alloc(28),
    number,
    Buffer.alloc(3),
    Buffer.from([said.length]),
    said,
  ];
  const body = Buffer.concat([Buffer.alloc(DATA_FLAGS_BYTES), ...error]);
  return accepting((socket) => void socket.write(longPacket(DATA, body)));
}

/** Once a connection is accepted, lengths have four bytes. */
function longPacket(type: number, body: Buffer): Buffer {
  const whole = packet(type, body);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

function packet(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(HEADER_BYTES + body.length, 0);
  header[4] = type;
  return Buffer.concat([header, body]);
}
