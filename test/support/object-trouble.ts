/** The Node end of what `object-worker` lets tests do to an object. */
import type { Trouble } from "./object-worker.ts";
import type { Workerd } from "./workerd.ts";

/** @param name The object's: a key and what is kept under it, as in `{tidegate:test:1}:gate`. */
export async function troubleObject(workerd: Workerd, name: string, trouble: Trouble): Promise<unknown> {
  const url = new URL(`/object?name=${encodeURIComponent(name)}`, workerd.url);
  const response = await fetch(url, { method: "POST", body: JSON.stringify(trouble) });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  // Whoever resets an object is not answered.
  if (trouble.trouble === "abort") return null;
  throw new Error(`${trouble.trouble} ${name}: an answer is needed, found ${response.status} ${text}`);
}
