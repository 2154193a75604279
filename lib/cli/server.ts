/** A running application, asked as an admin. */
import { PROBLEM_REASONS } from "../contract/codes.ts";
import { seconds } from "./arguments.ts";
import { type Answer, ask, unreachable } from "./ask.ts";
import { CommandError, EXIT, type Given, type Option, type World, wrongUsage } from "./command.ts";
import { type Remedies, refused } from "./refusals.ts";
import { checkSafeFor, tokenOf } from "./token.ts";

export const SERVER_OPTIONS: Readonly<Record<string, Option>> = {
  url: { value: "URL", help: "the application; default TIDEGATE_URL, else http://127.0.0.1:PORT" },
  "token-file": { value: "FILE", help: "a file with the admin's token; default TIDEGATE_TOKEN" },
  insecure: { help: "send the token over http:// to another machine" },
  timeout: { value: "TIME", help: "longest wait for an answer; default 30 s" },
};

const DEFAULT_TIMEOUT_SECONDS = 30;
const LONGEST_TIMEOUT_SECONDS = 600;

export interface Server {
  /** What is in `data` of the answer. @throws CommandError */
  get<Data>(path: string): Promise<Data>;
  post<Data>(path: string, body: object, more?: PostOptions): Promise<Data>;
  /** An answer that is no envelope, where it has one of these statuses. @throws CommandError */
  text(path: string, wanted: TextWanted): Promise<string>;
}

export interface TextWanted {
  readonly accept: string;
  readonly statuses: readonly number[];
  /** Whether it is Tidegate's. */
  readonly isOurs: (text: string) => boolean;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** What refusals mean here. */
  readonly remedies?: Remedies;
}

/** Where it is. @throws CommandError where that is no address. */
export const baseOf = (given: Given, { env }: World): URL =>
  urlOf(given.text("url") ?? (env.TIDEGATE_URL || `http://127.0.0.1:${env.PORT || 8787}`), "--url");

export interface ServerWishes {
  /** Ends whatever is being asked. */
  readonly signal?: AbortSignal;
  /** Without `--timeout`. */
  readonly timeoutSeconds?: number;
}

/** @throws CommandError where it cannot even be asked. */
export function serverOf(given: Given, world: World, wishes: ServerWishes = {}): Server {
  const { runtime } = world;
  const { signal, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = wishes;
  const base = baseOf(given, world);
  const token = tokenOf(given, world);
  if (token === null) {
    throw wrongUsage(
      "A token is needed: none is in TIDEGATE_TOKEN.",
      "Set it to a token of ADMIN_TOKENS (for top one of MONITOR_TOKENS is enough; a development start without any admin logs the one it made), or use --token-file.",
    );
  }
  checkSafeFor(base, given.has("insecure"));
  const timeoutMs = timeoutOf(given, timeoutSeconds);
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: async (path) => dataOf(await ask({ url: at(base, path), headers, timeoutMs, signal }, runtime), base),
    text: async (path, { accept, statuses, isOurs }) => {
      const url = at(base, path);
      const answer = await ask({ url, headers: { ...headers, accept }, timeoutMs, signal }, runtime);
      if (!statuses.includes(answer.status)) return dataOf(answer, base);
      if (!isOurs(answer.text)) throw notOurs(answer, base);
      return answer.text;
    },
    post: async (path, body, { headers: more, remedies } = {}) =>
      dataOf(
        await ask(
          {
            url: at(base, path),
            method: "POST",
            headers: { ...headers, "content-type": "application/json", ...more },
            body: JSON.stringify(body),
            timeoutMs,
          },
          runtime,
        ),
        base,
        remedies,
      ),
  };
}

export const timeoutOf = (given: Given, defaultSeconds: number): number =>
  (seconds(given, "timeout", LONGEST_TIMEOUT_SECONDS) ?? defaultSeconds) * 1_000;

/** @throws CommandError where it is no address of a web server. */
export function urlOf(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(`${option}: an address that begins with http:// or https:// is needed.`, "Write it in full.");
  }
  if (url.username !== "" || url.password !== "") {
    throw wrongUsage(`${option}: an address without a login is needed.`, "The token goes into TIDEGATE_TOKEN.");
  }
  return url;
}

/** Below whatever path the application has. */
function at(base: URL, path: string): URL {
  return new URL(base.pathname.replace(/\/$/, "") + path, base.origin);
}

interface Body {
  readonly success?: boolean;
  readonly data?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
  readonly meta?: { readonly reason?: unknown };
}

/** @throws CommandError where it was refused, or something else has answered. */
function dataOf<Data>({ status, headers, text }: Answer, base: URL, remedies?: Remedies): Data {
  if (status >= 300 && status < 400) {
    const found = `it sends elsewhere (${status}${headers.has("location") ? `, ${headers.get("location")}` : ""})`;
    throw unreachable(base, found);
  }
  const body = parsed(text);
  if (body?.success === true && status < 300) return body.data as Data;
  const { code, message } = body?.error ?? {};
  if (typeof code !== "string" || typeof message !== "string") {
    throw notOurs({ status }, base);
  }
  const retryAfter = headers.get("retry-after") ?? "";
  const retryAfterSeconds = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null;
  const reason = PROBLEM_REASONS.find((known) => known === body?.meta?.reason) ?? null;
  throw refused({ status, code, message, reason, retryAfterSeconds }, remedies);
}

const notOurs = ({ status }: Pick<Answer, "status">, base: URL): CommandError =>
  new CommandError(
    EXIT.unreachable,
    `${base.origin} answers ${status} with something that is not Tidegate's.`,
    "Check --url or TIDEGATE_URL: another application, or a proxy, is there.",
  );

function parsed(text: string): Body | null {
  try {
    return JSON.parse(text) as Body | null;
  } catch {
    return null;
  }
}
