/**
 * What is asked of an issuer of JWTs: its documents, within a deadline and a length, and not again and again while it is
 * away.
 */
import { boundedText } from "../../bounded-text.ts";
import { HOLDS, type Runtime } from "../../runtime.ts";
import { expireAfter } from "../../time.ts";

const DEADLINE_MS = 5_000;
/** Between two tries of an issuer that did not answer as it should. */
const PAUSE_MS = 5_000;
/** The largest sets of keys, with their certificates, have some 50 kB. */
const LONGEST_BYTES = 1_048_576;
/** `application/jwk-set+json` is one of them. Buckets of files know no better than the last two. */
const READABLE = /^(?:application\/(?:[\w.+-]+\+)?json|text\/plain|application\/octet-stream)\s*(?:;|$)/i;

/** The issuer cannot say who somebody is. Not the caller's fault. */
export class IssuerAway extends Error {
  override readonly name = "IssuerAway";
}

/**
 * Fetches a document of the issuer and reads it.
 *
 * @param read throws where the document is not what it must be.
 * @throws IssuerAway for everything but an answer that can be read.
 */
export type AskIssuer = <Value>(url: string, read: (document: unknown) => Value) => Promise<Value>;

export function openIssuer(runtime: Runtime): AskIssuer {
  let failedAt = Number.NEGATIVE_INFINITY;
  return async (url, read) => {
    if (runtime.monotonicMs() - failedAt < PAUSE_MS) throw new IssuerAway(`${url}: its issuer has just failed`);
    const controller = new AbortController();
    const late = () => controller.abort(new Error(`no answer within ${DEADLINE_MS} ms`));
    const expiry = expireAfter(runtime, DEADLINE_MS, late, HOLDS);
    try {
      // A redirect could lead to where others answer.
      const response = await runtime.fetch(url, { redirect: "manual", signal: controller.signal });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const type = response.headers.get("content-type") ?? "";
      if (type !== "" && !READABLE.test(type)) throw new Error(`content type ${JSON.stringify(type.slice(0, 80))}`);
      return read(JSON.parse(await boundedText(response, LONGEST_BYTES)));
    } catch (cause) {
      failedAt = runtime.monotonicMs();
      // What was not read to its end need not come.
      controller.abort(cause);
      throw new IssuerAway(`${url}: an answer that can be read is needed, found: ${String(cause)}`, { cause });
    } finally {
      expiry.clear();
    }
  };
}
