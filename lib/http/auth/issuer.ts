/** What is asked of an issuer of JWTs: its documents, within a deadline, and not again and again while it is away. */
import { HOLDS, type Runtime } from "../../runtime.ts";
import { expireAfter } from "../../time.ts";

const DEADLINE_MS = 5_000;
/** Between two tries of an issuer that did not answer as it should. */
const PAUSE_MS = 5_000;

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
      return read(await response.json());
    } catch (cause) {
      failedAt = runtime.monotonicMs();
      throw new IssuerAway(`${url}: an answer that can be read is needed, found: ${String(cause)}`, { cause });
    } finally {
      expiry.clear();
    }
  };
}
