/**
 * What is kept up to date, part by part: each tells its own age, and has a mark that changes with what it shows. Who
 * looks again names the marks it has, and is sent the rest: an idle console costs next to nothing.
 */
import { html, raw } from "hono/html";
import { digestOf } from "../../auth/digests.ts";
import { type Markup, time } from "./words.ts";

export interface Section {
  /** Of the page, and of its heading. */
  readonly id: string;
  readonly title: string;
  /** When this was so; ISO. */
  readonly asOf: string;
  readonly body: Markup;
}

/** Marks by the ids of their parts. */
export type Seen = ReadonlyMap<string, string>;

export const NOTHING_SEEN: Seen = new Map();
/** Such as `now:9f86d081 gate-main:2c26b46b`. */
export const SEEN_HEADER = "tidegate-seen";

export const seenOf = (header: string): Seen =>
  new Map(header.split(" ").map((part) => part.split(":", 2) as [string, string]));

export async function liveSection({ id, title, asOf, body }: Section, seen: Seen): Promise<Markup> {
  const text = String(await body);
  const mark = await markOf(title + text);
  const inside = html`<h2 id="${id}">${title}</h2>
<p class="asof soft">As of ${time(asOf)} UTC<span data-age></span></p>
${raw(text)}`;
  return html`<section data-live="${id}" data-mark="${mark}" data-asof="${asOf}" aria-labelledby="${id}">${seen.get(id) === mark ? "" : inside}</section>`;
}

/** A line beside what one can do. */
export async function liveHint(id: string, body: Markup, seen: Seen): Promise<Markup> {
  const text = String(await body);
  const mark = await markOf(text);
  return html`<div data-live="${id}" data-mark="${mark}">${seen.get(id) === mark ? "" : raw(text)}</div>`;
}

const MARK_BYTES = 6;

/** What counts down does so by itself. */
async function markOf(text: string): Promise<string> {
  const digest = await digestOf(text.replace(/(<span data-until="[^"]*">)[^<]*/g, "$1"));
  return Array.from(digest.subarray(0, MARK_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
