/** What the pages' scripts do to a document. */

/** @throws Error naming the id, where the page has none such. */
export function byId<Element extends HTMLElement = HTMLElement>(id: string): Element {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page must have an element ${id}.`);
  return element as Element;
}

/** Changes nothing where it says the same: what is read out is read out when it changes. */
export function say(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

export function cell(text: string, className = ""): HTMLTableCellElement {
  const td = document.createElement("td");
  td.textContent = text;
  td.className = className;
  return td;
}

export const clock = (at: Date): string => at.toLocaleTimeString("en-GB");
