/** `copy` from or to the client: a conversation of its own, which no statement of ours has. */
import { DatabaseError } from "../port.ts";

/** Where nobody answers the server's question for rows, it waits for ever. */
const FROM_CLIENT = /^\s*copy\b.*\bfrom\s+stdin\b/is;

export const copiesFromClient = (text: string): boolean => FROM_CLIENT.test(text);

export const copyRefused = (): DatabaseError =>
  new DatabaseError(
    "statement",
    "A statement cannot copy from or to its client: use insert, or read the rows as a stream.",
  );
