/** Where a token comes from, and where it may be sent. */
import { closeSync, openSync, readSync } from "node:fs";
import { isLoopback } from "../loopback.ts";
import { type Given, type World, wrongUsage } from "./command.ts";

/** No server takes a longer one. What never ends, as a device does, is read no further. */
const LONGEST_TOKEN = 16_384;

/** Null: none is set. @throws CommandError where the file cannot be read, or what is in it is no token. */
export function tokenOf(given: Given, { env }: World): string | null {
  const path = given.text("token-file");
  const text = path === undefined ? (env.TIDEGATE_TOKEN ?? "") : fileText(path);
  const token = text.trim();
  if (token === "") {
    if (path !== undefined)
      throw wrongUsage(`--token-file: ${path} is empty.`, "Put the token into it, and nothing else.");
    return null;
  }
  const where = path === undefined ? "TIDEGATE_TOKEN" : `the file ${path}`;
  if (token.length > LONGEST_TOKEN) {
    throw wrongUsage(
      `${where} does not hold a token: ${LONGEST_TOKEN} characters at most are needed.`,
      "Put the token there, and nothing else.",
    );
  }
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw wrongUsage(
    `${where} does not hold a token: visible characters without blanks are needed.`,
    "A token of ADMIN_TOKENS goes there without the name before its colon.",
  );
}

function fileText(path: string): string {
  try {
    return beginningOf(path, LONGEST_TOKEN + 1);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`--token-file: ${path} cannot be read (${code}).`, "Name a file that you may read.");
  }
}

function beginningOf(path: string, longestBytes: number): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(longestBytes);
    let length = 0;
    for (let read = -1; read !== 0 && length < longestBytes; length += read)
      read = readSync(file, bytes, length, longestBytes - length, null);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}

/** @throws CommandError where everybody on the way could read it. */
export function checkSafeFor(url: URL, insecure: boolean): void {
  if (url.protocol === "https:" || isLoopback(url.hostname) || insecure) return;
  throw wrongUsage(
    `${url.origin}: the token would travel in the clear.`,
    "Use https://, or --insecure where the way is safe by itself, such as inside a VPN.",
  );
}
