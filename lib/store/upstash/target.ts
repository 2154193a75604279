/** Reading where an Upstash database is, and the token that opens it. */
import { isLoopback } from "../../loopback.ts";

export interface UpstashTarget {
  readonly url: string;
  readonly token: string;
  /** For people: no credentials. */
  readonly address: string;
}

/** What a header can carry: the runtimes would refuse anything else by repeating it. */
const TOKEN = /^[!-~]+$/;

/** @throws TypeError without repeating what was given, which may hold a secret. */
export function parseUpstash(url: string | undefined, token: string | undefined): UpstashTarget {
  const inner = url?.replace(/^upstash:/i, "") ?? "";
  const parsed = URL.canParse(inner) ? new URL(inner) : null;
  if (!parsed || !isEndpoint(parsed)) {
    throw new TypeError(
      "upstash: a URL like https://host or upstash:https://host is needed, without user, password or query " +
        `(http:// only to this machine), found ${described(url)}; set STATE_URL`,
    );
  }
  if (token === undefined || !TOKEN.test(token)) {
    throw new TypeError(
      `upstash: a REST token of visible ASCII characters is needed, found ${described(token)}; set STATE_TOKEN`,
    );
  }
  const base = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
  return { url: base, token, address: `upstash:${base}` };
}

/** Unencrypted only to this machine, for tests: the token travels with every request. */
function isEndpoint({ protocol, hostname, username, password, search, hash }: URL): boolean {
  if (`${username}${password}${search}${hash}` !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

const described = (text: string | undefined): string =>
  text === undefined || text === "" ? "nothing" : `something else (${text.length} characters)`;
