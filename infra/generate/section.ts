/** A part of a page that is written by a program, between two marks. */

/**
 * @param path Of the page, for who has to mend it.
 * @param name Of the part: it stands between `<!-- NAME:start -->` and `<!-- NAME:end -->`.
 * @param page As it is; null where there is none.
 * @returns The page with `text` between the marks.
 * @throws Error where there is no page, or its marks are missing or in the wrong order.
 */
export function sectionOf(path: string, name: string, page: string | null, text: string): string {
  if (page === null) throw new Error(`Writing a part of ${path}: there is no such file yet.`);
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`Writing a part of ${path}: the file needs the lines ${start} and ${end}, in this order.`);
  }
  return `${page.slice(0, from + start.length)}\n\n${text}\n\n${page.slice(to)}`;
}
