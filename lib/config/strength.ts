/** Secrets that are too weak for where others can reach the service: what they are worth, and how much they have to be. */
import type { ConfigFault } from "./fault.ts";
import type { NamedToken } from "./types.ts";
import type { Values } from "./variables.ts";

/**
 * In bytes, by what an attacker can do. A key that signs is tried offline, at any speed: who finds `SESSION_SECRET` makes
 * an admin's cookie. A bearer token is tried at the service alone, which slows who fails: 12 bytes are 16 characters of
 * base64. A webhook's key has the least length of its own format, Standard Webhooks.
 */
const LEAST_BYTES = { signing: 32, webhook: 24, bearer: 12 } as const;

const HOW = "openssl rand -base64 32 makes one";

/** By the fewest characters that somebody who made it by chance would have drawn from. */
const ALPHABETS: readonly (readonly [characters: RegExp, count: number])[] = [
  [/^\d*$/, 10],
  [/^[\da-f]*$/i, 16],
  [/^[\w+/-]*$/, 64],
];
const PRINTABLE = 94;

/**
 * How many random bytes the text can stand for: those that it decodes to, as hexadecimal or base64. Fewer, where it
 * repeats itself, or has less than half as many different characters as chance would bring. An estimate from above: a
 * long sentence passes.
 */
export function worthBytes(text: string): number {
  const once = unrepeated(text.replace(/=+$/, ""));
  const count = ALPHABETS.find(([characters]) => characters.test(once))?.[1] ?? PRINTABLE;
  const distinct = new Set(once).size;
  const expected = count * (1 - (1 - 1 / count) ** once.length);
  const bitsEach = Math.log2(distinct < expected / 2 ? distinct : count);
  return once === "" ? 0 : Math.floor((once.length * bitsEach) / 8);
}

/** What a text is the repetition of, itself where it is none: it may end in the middle. */
function unrepeated(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1) {
    if (text.startsWith(text.slice(length))) return text.slice(0, length);
  }
  return text;
}

/** Nobody else reaches a development start, whose secrets are whatever is short to type. */
export function weakSecrets(values: Partial<Values>): readonly ConfigFault[] {
  const { APP_ENV, SESSION_SECRET, CRON_SECRET, RESTART_WEBHOOK_SECRET, ADMIN_TOKENS, MONITOR_TOKENS } = values;
  if (APP_ENV === undefined || APP_ENV === "development") return [];
  const unnamed = (text: string | null | undefined) => (text ? [{ name: "it", token: text }] : []);
  const keys = (RESTART_WEBHOOK_SECRET ?? "").split(/ +/).filter((key) => key !== "");
  return [
    ...weak("SESSION_SECRET", "signing", unnamed(SESSION_SECRET)),
    ...weak("CRON_SECRET", "bearer", unnamed(CRON_SECRET)),
    ...weak("ADMIN_TOKENS", "bearer", ADMIN_TOKENS),
    ...weak("MONITOR_TOKENS", "bearer", MONITOR_TOKENS),
    ...weak(
      "RESTART_WEBHOOK_SECRET",
      "webhook",
      keys.map((key, at) => ({ name: `key ${at + 1}`, token: key.slice("whsec_".length) })),
    ),
  ];
}

function weak(
  variable: keyof Values,
  use: keyof typeof LEAST_BYTES,
  secrets: readonly NamedToken[] | null | undefined,
): ConfigFault[] {
  const least = LEAST_BYTES[use];
  const found = (secrets ?? []).flatMap(({ name, token }) => {
    const worth = worthBytes(token);
    return worth < least ? [`${name} is worth ${worth}`] : [];
  });
  if (found.length === 0) return [];
  return [
    { variable, needed: `at least ${least} random bytes' worth outside development: ${HOW}`, found: found.join(", ") },
  ];
}
