/**
 * How plugins of Nagios and its like end, and what they print: one line, figures behind its only bar.
 * https://www.monitoring-plugins.org/doc/guidelines.html
 */
export const PLUGIN = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

export type PluginWord = keyof typeof PLUGIN;

/** Whether it was asked to be one, also by a line that cannot be understood. */
export const isPlugin = (args: readonly string[]): boolean => args.some((arg) => /^--?nagios(=|$)/.test(arg));

/** @param word In whatever colour. */
export function pluginLine(word: string, said: string, figures: readonly string[] = []): string {
  const line = `TIDEGATE ${word} - ${said.replaceAll("|", "/")}`;
  return figures.length === 0 ? line : `${line} | ${figures.join(" ")}`;
}
