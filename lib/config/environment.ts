/**
 * The environment of the platform, found without importing anything of Node's: Deno's own, else `process.env`, else
 * nothing, as on an edge that hands its variables to each request instead.
 */

/** Names and values, as the platform has them. */
export type Environment = Readonly<Record<string, unknown>>;

interface Platform {
  readonly Deno?: { readonly env?: { toObject(): Environment; get(name: string): string | undefined } };
  readonly process?: { readonly env?: Environment };
}

/** @param names what to ask for one by one where Deno was allowed to read some variables and not all. */
export function systemEnvironment(names: readonly string[]): Environment {
  const { Deno, process } = globalThis as unknown as Platform;
  if (Deno?.env === undefined) return process?.env ?? {};
  const { env } = Deno;
  try {
    return env.toObject();
  } catch {
    return Object.fromEntries(names.map((name) => [name, allowed(() => env.get(name))]));
  }
}

/** A variable that may not be read is one that is not set. */
function allowed(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
