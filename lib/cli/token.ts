/** Where a token comes from, and where it may be sent. */
import { readFileSync } from "node:fs";
import { isLoopback } from "../loopback.ts";
import { type Given, type World, wrongUsage } from "./command.ts";

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
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const where = path === undefined ? "TIDEGATE_TOKEN" : `the file ${path}`;
  throw wrongUsage(
    `${where} does not hold a token: visible characters without blanks are needed.`,
    "A token of ADMIN_TOKENS goes there without the name before its colon.",
  );
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`--token-file: ${path} cannot be read (${code}).`, "Name a file that you may read.");
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
