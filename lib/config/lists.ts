/** Variables that hold several values with commas between: tokens, origins, networks. A comma too many is forgiven. */
import * as v from "valibot";
import type { NamedToken } from "./types.ts";
import type { Schema } from "./variable.ts";

/** More would be a mistake, and every request is compared with each. */
const LONGEST_LIST = 100;

function list<Item>(needed: string, read: (text: string) => Item | null): Schema<readonly Item[]> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, readonly Item[]>(({ dataset, addIssue, NEVER }) => {
      const parts = dataset.value.split(",").flatMap((part) => part.trim() || []);
      const items = parts.slice(0, LONGEST_LIST).flatMap((part) => read(part) ?? []);
      if (items.length === parts.length && items.length > 0) return items;
      const wrong = parts.slice(0, LONGEST_LIST).findIndex((part) => read(part) === null) + 1;
      const place = parts.length > 1 && wrong > 0 ? `; entry ${wrong} is not` : "";
      addIssue({ message: `${needed}, at most ${LONGEST_LIST} of them with commas between${place}` });
      return NEVER;
    }),
  );
}

function namedToken(text: string): NamedToken | null {
  const match = /^([\w.@-]{1,64}):([\x21-\x7e]{1,512})$/.exec(text);
  return match === null ? null : { name: match[1] ?? "", token: match[2] ?? "" };
}

const tokens = list<NamedToken>(
  "name:token (the name of letters, digits and . _ @ -; the token without blanks)",
  namedToken,
);

/** `name:token,name:token`. One name may have two tokens, for rotation; one token may not have two names. */
export const namedTokens: Schema<readonly NamedToken[]> = v.pipe(
  tokens,
  v.check(
    (items) => new Set(items.map((item) => item.token)).size === items.length,
    "name:token with no token given twice, since the audit could not tell who it was",
  ),
);

function origin(text: string): string | null {
  if (text === "*") return text;
  if (!/^https?:\/\/[^/?#@\s]+$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).origin;
}

/** Origins as a browser sends them. */
export const origins: Schema<readonly string[]> = list(
  "* or origins such as https://app.example.com (no path)",
  origin,
);

function isIpv4(text: string): boolean {
  return /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

function network(text: string): string | null {
  const match = /^([0-9a-f:.]+)(?:\/(0|[1-9]\d{0,2}))?$/i.exec(text);
  if (match === null) return null;
  const [, address = "", bits = "0"] = match;
  if (isIpv4(address)) return Number(bits) <= 32 ? text : null;
  return address.includes(":") && URL.canParse(`http://[${address}]/`) && Number(bits) <= 128 ? text : null;
}

/** Addresses and CIDR networks. */
export const networks: Schema<readonly string[]> = list(
  "IP addresses or networks such as 10.0.0.0/8 or 2001:db8::/32",
  network,
);
