/** How the console says things: a state is a word, a shape and a colour; a time is a time, and what is left of it. */
import { html } from "hono/html";

/** Markup made by hono's `html`, which escapes what is put into it. */
export type Markup = ReturnType<typeof html>;

export type Tone = "good" | "warn" | "bad" | "soft";

const SHAPES: Readonly<Record<Tone, string>> = { good: "●", warn: "◆", bad: "▲", soft: "○" };

export const state = (word: string, tone: Tone): Markup =>
  html`<strong class="state ${tone}"><span aria-hidden="true">${SHAPES[tone]}</span> ${word}</strong>`;

/** `CLOSED` and `force_open`, for people. */
export const plain = (code: string): string => code.toLowerCase().replaceAll("_", " ");

export const time = (iso: string): Markup => html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;

/** Ticks in the browser; without JavaScript it stands as it was. */
export const countdown = (until: string, nowMs: number): Markup =>
  html`<span data-until="${until}">${Math.max(0, Math.ceil((Date.parse(until) - nowMs) / 1_000))} s</span>`;

export const fact = (term: string, value: Markup | string): Markup =>
  html`<div><dt>${term}</dt><dd>${value}</dd></div>`;

/** @param rows Cells in the order of the heads; those of `numbers`, counted from 0, are set to the right. */
export function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly (Markup | string | number)[])[],
  numbers: readonly number[] = [],
): Markup {
  const kind = (column: number) => (numbers.includes(column) ? "number" : "");
  if (rows.length === 0) return html`<p class="soft">None.</p>`;
  // A group, since its section is the landmark.
  return html`<div class="wide" tabindex="0" role="group" aria-label="${title}"><table aria-label="${title}">
<thead><tr>${heads.map((head, column) => html`<th scope="col" class="${kind(column)}">${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, column) => html`<td class="${kind(column)}">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
