/** Applications whose answers are kept, asked over HTTP: the next question comes when this answer is in its place. */
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { afterAnswers } from "../support/after-answers.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An instance in virtual time, over a database of one row. */
export function keptInstance(runtime = manualRuntime()) {
  const { waitUntil, settled } = afterAnswers();
  const tide = tidegate({
    database: fakeDatabase(() => [{ id: 1 }]),
    store: memory(),
    config: readConfig({ APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" }),
    log: NOTHING,
    runtime,
    waitUntil,
  });
  return { tide, settled };
}

/** Asks, reads it to its end, and waits for what goes on after that. */
export const asking =
  (url: string, settled: () => Promise<void>) =>
  async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${path}`, { headers });
    const text = await answer.text().catch(() => "broken off");
    await settled();
    return { status: answer.status, headers: answer.headers, text, cache: answer.headers.get("cache-status") };
  };
