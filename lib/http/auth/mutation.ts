/** What changes something has to come from where it seems to come from: a browser sends cookies for any page that asks. */
import type { Context } from "hono";
import { ProblemError } from "../problem.ts";
import { sameText } from "./digests.ts";
import type { Known } from "./identity.ts";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

export const isMutation = (c: Context): boolean => !READS.has(c.req.method);

/**
 * @param host The application's own, as its callers name it.
 * @throws ProblemError `FORBIDDEN` where another site may have made the browser ask; `VALIDATION_ERROR` for a body that
 * is not exactly JSON, which a form could send without being asked first.
 */
export async function checkMutation(c: Context, { identity, csrfToken }: Known, host: string): Promise<void> {
  // A bearer token comes with nothing but intention.
  if (identity.kind === "session" || identity.kind === "access") checkOrigin(c, host, identity.kind === "session");
  if (csrfToken !== null && !(await sameText(c.req.header("x-csrf-token") ?? "", csrfToken))) {
    throw new ProblemError("FORBIDDEN", "X-CSRF-Token must be the token of this session.");
  }
  checkJson(c);
}

/**
 * @param expected Whether nobody leaves `Origin` out: every browser sends it with what is no GET.
 * @throws ProblemError `FORBIDDEN` for what a page of another origin has sent.
 */
export function checkOrigin(c: Context, host: string, expected: boolean): void {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const isOurs = origin === undefined ? !expected : URL.canParse(origin) && bare(new URL(origin).host) === bare(host);
  if (isOurs && (site === undefined || site === "same-origin" || site === "none")) return;
  throw new ProblemError("FORBIDDEN", "This request comes from a page of another origin.");
}

/** TLS may end in front of us: which of the two default ports it was is not known here. */
const bare = (host: string): string => host.toLowerCase().replace(/:(?:80|443)$/, "");

/** @throws ProblemError `VALIDATION_ERROR` for any other content type. */
export function checkJson(c: Context): void {
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  throw new ProblemError("VALIDATION_ERROR", "The body must be JSON, sent with the content type application/json.");
}
