/** What was measured, to be read and quoted. */

/** Prints a table under a title; numbers are rounded. */
export function printFigures(title: string, figures: object): void {
  const rows = Object.entries(figures).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    typeof value === "number"
      ? String(Math.abs(value) < 10 ? Math.round(value * 100) / 100 : Math.round(value))
      : JSON.stringify(value),
  ]);
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  console.log([title, ...rows.map(([name = "", value]) => `  ${name.padEnd(width)}  ${value}`)].join("\n"));
}
