/** How a value that is wrong is shown: quoted, shortened, and without what must not be seen. */

import { addressOf, parseConnectionUrl, partsOf, secretsOf } from "../connection-url.ts";
import { createRedactor, MASK, type Redactor } from "../log/redaction.ts";
import type { Variable } from "./variable.ts";

type Secrecy = Variable<unknown>["secret"];

/** Enough to recognise a value by, and one line of a terminal. */
const SHOWN_CHARACTERS = 80;

/** What a fault says was found. `redact` knows the secrets of the other variables: they get pasted everywhere. */
export function shown(text: string, secret: Secrecy, redact: Redactor): string {
  if (secret === "whole") return MASK;
  const safe = redact.text(secret === "url" ? maskedUrl(text) : text);
  return JSON.stringify(safe.length > SHOWN_CHARACTERS ? `${safe.slice(0, SHOWN_CHARACTERS)}…` : safe);
}

/** Where it points, when that can be told with certainty; else no more than the scheme. */
export function maskedUrl(text: string): string {
  const [, wrapper = "", rest = ""] = /^(upstash:)?(.*)$/is.exec(text) ?? [];
  const url = parseConnectionUrl(rest);
  if (url === null) return (/^[a-z][a-z0-9+.-]{0,30}:(?:\/\/)?/i.exec(text)?.[0] ?? "") + MASK;
  const login = url.user === null ? "" : `${MASK}@`;
  return wrapper + addressOf(url).replace("://", `://${login}`) + (url.query === "" ? "" : `?${MASK}`);
}

/** A redactor for what variables hold before they are known to be right. */
export function redactorOf(written: readonly (readonly [text: string, secret: Secrecy])[]): Redactor {
  const secrets = written.flatMap(([text, secret]) => {
    if (secret === "whole")
      return [text, ...text.split(",").flatMap((part) => part.slice(part.indexOf(":") + 1).trim())];
    const url = secret === "url" ? partsOf(text.replace(/^upstash:/i, "")) : null;
    return url === null ? [] : secretsOf(url);
  });
  return createRedactor({ secrets });
}
