/** A server that lets everybody in and has a connection for nobody, in the words of Hyperdrive (its error reference). */
import { serve, type TcpServer } from "./tcp.ts";

const SSL_REQUEST = 80_877_103;

export function emptyHyperdrive(): Promise<TcpServer> {
  return serve((socket) => {
    let isIn = false;
    socket.on("data", (said) => {
      if (isIn) {
        if (said[0] === "Q".charCodeAt(0)) socket.end(refused());
      } else if (said.readInt32BE(4) === SSL_REQUEST) socket.write("N");
      else {
        isIn = true;
        // Authentication is not asked for; a setting; ready.
        const setting = message("S", Buffer.from("server_version\u000015\u0000"));
        socket.write(Buffer.concat([message("R", Buffer.alloc(4)), setting, message("Z", Buffer.from("I"))]));
      }
    });
  });
}

function refused(): Buffer {
  const fields = { S: "FATAL", V: "FATAL", C: "58000", M: "Failed to acquire a connection from the pool." };
  const body = Object.entries(fields).map(([type, text]) => `${type}${text}\u0000`);
  return message("E", Buffer.from(`${body.join("")}\u0000`));
}

/** As the protocol has it: a letter, the length of the rest, the rest. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
