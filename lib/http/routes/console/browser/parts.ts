/** The parts of the page that are kept up to date, each by itself, and what becomes of them when there is no news. */

const SHOWN_FROM_MS = 10_000;
/** Of the service's clock, by which everything here is told, before this device's. */
let aheadMs = 0;

const partsOf = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>("[data-live]")];
const seconds = (ms: number) => Math.max(0, Math.ceil(ms / 1_000));
const now = () => Date.now() + aheadMs;

function put(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

export function hearClock(root: ParentNode): void {
  const told = Date.parse(root.querySelector<HTMLElement>("main")?.dataset.now ?? "");
  if (!Number.isNaN(told)) aheadMs = told - Date.now();
}

/** What this page has, for who is asked for the rest. */
export const seen = (): string =>
  partsOf(document)
    .map(({ dataset }) => `${dataset.live}:${dataset.mark}`)
    .join(" ");

/** Each part that is news takes the place of what was; who reads in one keeps place, focus and selection. */
export function show(fresh: Document): void {
  hearClock(fresh);
  const known = new Map(partsOf(document).map((part) => [part.dataset.live, part]));
  let last: Element | undefined;
  for (const next of partsOf(fresh)) {
    const old = known.get(next.dataset.live);
    known.delete(next.dataset.live);
    if (old) renew(old, next);
    else last?.after(next);
    last = old ?? next;
  }
  // Such as a gate that has been forgotten.
  for (const gone of known.values()) gone.remove();
  document.querySelector("main")?.classList.remove("stale");
}

function renew(old: HTMLElement, next: HTMLElement): void {
  const selection = getSelection();
  // Somebody copies from it: it stands, and says how old it is.
  if (selection && !selection.isCollapsed && old.contains(selection.anchorNode)) return;
  if (old.dataset.mark !== next.dataset.mark) replace(old, next);
  old.dataset.mark = next.dataset.mark;
  if (next.dataset.asof === undefined) return;
  old.dataset.asof = next.dataset.asof;
  const time = old.querySelector<HTMLTimeElement>(".asof time");
  if (time) time.dateTime = next.dataset.asof;
  put(time, next.dataset.asof.slice(0, 19).replace("T", " "));
}

function replace(old: HTMLElement, next: HTMLElement): void {
  const wide = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>(".wide")];
  const places = wide(old).map((one) => ({
    label: one.ariaLabel,
    left: one.scrollLeft,
    isFocused: one === document.activeElement,
  }));
  old.replaceChildren(...next.childNodes);
  for (const one of wide(old)) {
    const place = places.find(({ label }) => label === one.ariaLabel);
    one.scrollLeft = place?.left ?? 0;
    if (place?.isFocused) one.focus({ preventScroll: true });
  }
}

/** Nobody answers: what stands here was so, and is not known to be. All of it is asked for anew. */
export function unknown(): void {
  document.querySelector("main")?.classList.add("stale");
  for (const part of partsOf(document)) {
    part.dataset.mark = "";
    for (const state of part.querySelectorAll(".state:not([data-was])")) {
      const word = state.lastChild?.textContent?.trim() ?? "";
      state.className = "state soft";
      state.setAttribute("data-was", word);
      state.textContent = `○ unknown, was ${word}`;
    }
    for (const counting of part.querySelectorAll("[data-until]")) {
      counting.removeAttribute("data-until");
      counting.textContent = "unknown";
    }
    for (const said of part.querySelectorAll("[data-said]")) put(said, "Unknown: the service does not answer.");
  }
}

export function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-until]")) {
    put(element, `${seconds(Date.parse(element.dataset.until ?? "") - now())} s`);
  }
  for (const { dataset, children } of partsOf(document)) {
    const age =
      [...children].find(({ className }) => className.startsWith("asof"))?.querySelector("[data-age]") ?? null;
    const oldMs = now() - Date.parse(dataset.asof ?? "");
    put(age, oldMs >= SHOWN_FROM_MS ? `, ${seconds(oldMs)} s ago` : "");
  }
}
