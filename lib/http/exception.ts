/** Hono's `HTTPException`, of whichever copy of Hono: an application may have another one than this package. */
import { TidegateError } from "../errors.ts";

export interface HttpException extends Error {
  readonly status: number;
  readonly res?: Response | undefined;
  getResponse(): Response;
}

export function isHttpException(error: unknown): error is HttpException {
  if (!(error instanceof Error) || error instanceof TidegateError) return false;
  const { status, getResponse } = error as Partial<HttpException>;
  return typeof status === "number" && typeof getResponse === "function";
}

/** What Hono's own middleware answers where it was given no other words: nobody has chosen those. */
const WORDS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  413: "Payload Too Large",
};

/** The answer that the application has built into an exception; null where it has left that open. */
export async function builtInto(error: HttpException): Promise<Response | null> {
  const built = error.res && answerOf(error);
  if (!built) return null;
  return (await isOfHono(built, error)) ? null : built;
}

/** Whether a response is what Hono makes of that exception by itself. */
export async function isOfHono(response: Response, { status, res, message }: HttpException): Promise<boolean> {
  const words = res ? WORDS[status] : message;
  return words !== undefined && response.status === status && says(response, words);
}

/** Undefined where it was read already, by an earlier request: some throw one exception again and again. */
function answerOf(error: HttpException): Response | undefined {
  try {
    return error.getResponse();
  } catch {
    return undefined;
  }
}

/** Word for word, as plain text. */
export async function says(response: Response, words: string): Promise<boolean> {
  const isPlainText = response.headers.get("content-type")?.startsWith("text/plain") ?? false;
  return isPlainText && (await response.clone().text()) === words;
}
