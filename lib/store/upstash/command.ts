/**
 * One command of Redis as one request of Upstash's REST: an array of texts in, `result` or `error` out.
 *
 * By `fetch` itself: of the SDK everything would have to be switched off (retries, pipelining, guessing types, base64,
 * telemetry), and it would be a tenth of the bundle for Workers.
 */
import type { Runtime } from "../../runtime.ts";
import type { UpstashTarget } from "./target.ts";

/**
 * Sent once, whatever becomes of it. All that is stored is Unicode, so answers are asked for as plain JSON.
 *
 * @returns What the database answered: texts, numbers, null and arrays of these.
 * @throws Error with what the database said, or with what stood there instead of an answer; what `fetch` throws; the
 *   signal's reason.
 */
export async function ask(
  { url, token }: Pick<UpstashTarget, "url" | "token">,
  command: readonly string[],
  signal: AbortSignal,
  runtime: Runtime,
): Promise<unknown> {
  const response = await runtime.fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(command),
    // The token is for this server alone.
    redirect: "manual",
    signal,
  });
  const text = await response.text();
  const answer = parsed(text);
  if (answer === null) throw new Error(`an answer that cannot be parsed (HTTP ${response.status}): ${text}`);
  if (answer.error !== undefined) throw new Error(String(answer.error));
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return answer.result;
}

function parsed(text: string): { readonly result?: unknown; readonly error?: unknown } | null {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" ? answer : null;
  } catch {
    return null;
  }
}
