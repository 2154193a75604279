/** Tables for people, in the form that pages of `docs` have. */

export type Row = Readonly<Record<string, string | number | null>>;

export function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => shown(row[name] ?? null)))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const line = (parts: readonly string[]) =>
    `| ${parts.map((part, column) => part.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

function shown(value: string | number | null): string {
  if (value === null) return "-";
  if (typeof value === "string") return value;
  return String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 3)));
}
