/** What Upstash makes of commands, over a real Redis: scripts with its own flag, transactions, replies as JSON. */
import { createHash } from "node:crypto";
import { createClient, ErrorReply, RESP_TYPES } from "redis";

export type Command = readonly string[];
/** One answer as its JSON says it. */
export type Answer = { readonly result: unknown } | { readonly error: string };

export interface Commands {
  one(command: Command): Promise<Answer>;
  /** All of them at one moment; an error alone where they were not even begun. */
  atomically(commands: readonly Command[]): Promise<readonly Answer[] | Answer>;
  close(): Promise<void>;
}

/** Plain Redis refuses it: a script that locks no more than its keys. */
const KEY_LOCKING = /^#!lua flags=allow-key-locking\r?\n/;

/** @throws Error of any command when Redis does not answer. */
export async function openCommands(redisUrl: string): Promise<Commands> {
  const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer };
  const client = createClient({ url: redisUrl, RESP: 2, disableOfflineQueue: true, commandOptions: { typeMapping } });
  client.on("error", () => {});
  await client.connect();
  const plainDigests = new Map<string, string>();

  /** The command as plain Redis takes it. */
  function plain([name = "", ...rest]: Command): string[] {
    const [first = "", ...others] = rest;
    switch (name.toUpperCase()) {
      case "EVAL":
        return [name, withoutFlag(first), ...others];
      case "EVALSHA":
        return [name, plainDigests.get(first) ?? first, ...others];
      default:
        return [name, ...rest];
    }
  }
  function withoutFlag(script: string): string {
    const text = script.replace(KEY_LOCKING, "");
    if (text !== script) plainDigests.set(sha1(script), sha1(text));
    return text;
  }
  return {
    one: (command) => client.sendCommand(plain(command)).then(answered, refused),
    async atomically(commands) {
      // Sent in one turn, so that nobody comes in between.
      const sent = [["MULTI"], ...commands.map(plain), ["EXEC"]].map((command) => client.sendCommand(command));
      const replies = await Promise.allSettled(sent);
      const executed = replies.at(-1);
      if (executed?.status !== "fulfilled") return refused(executed?.reason);
      return (executed.value as unknown as unknown[]).map(answered);
    },
    close: () => client.close(),
  };
}

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");
const answered = (reply: unknown): Answer => (reply instanceof ErrorReply ? refused(reply) : { result: reply });

function refused(error: unknown): Answer {
  if (error instanceof ErrorReply) return { error: error.message };
  throw error;
}

/** Strings of replies as `Upstash-Encoding: base64` or its absence wants them; `OK` stays as it is. */
export function encoded(reply: unknown, base64: boolean): unknown {
  if (Array.isArray(reply)) return reply.map((one) => encoded(one, base64));
  if (reply instanceof ErrorReply) return reply.message;
  if (!Buffer.isBuffer(reply) && typeof reply !== "string") return reply;
  if (!base64 || reply === "OK") return reply.toString();
  return Buffer.from(reply).toString("base64");
}
