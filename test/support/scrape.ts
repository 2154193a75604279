/** `/metrics` of a small application, and the figures in it. */
import type { SmallApp } from "./app.ts";
import { passing } from "./restart-scene.ts";

/** `name{labels}` of each line, with its value; without exemplars. */
export const figuresOf = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(" # ", 1)[0] ?? "")
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

export async function scraped({ app, runtime }: SmallApp, headers: Record<string, string> = {}) {
  const response = await passing(runtime, Promise.resolve(app.request("/metrics", { headers })));
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, figures: figuresOf(text) };
}
