/** What gates are called. */

/** The gate that stands before the database that `tidegate()` was given; others are made by name. */
export const MAIN_GATE = "main";

/** Short enough for keys, labels and log lines, and of characters that mean nothing in any of them. */
export const GATE_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._:@/+=~-]{0,127}$/;
const SHOWN = 40;

/**
 * Makes sure of a gate's name, which becomes a part of keys in the store.
 *
 * @returns The name.
 * @throws RangeError saying what a name may be, and the beginning of what was found.
 */
export function gateName(found: unknown): string {
  if (typeof found === "string" && GATE_NAME.test(found)) return found;
  const text = typeof found === "string" ? found : String(found);
  const shown = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
  throw new RangeError(
    "gate: a name must be 1 to 128 letters, digits and . _ : @ / + = ~ - beginning with a letter or digit, " +
      `was ${typeof found === "string" ? `${shown} (${text.length} characters)` : shown}; ` +
      "give what may hold others an id of its own",
  );
}

/** Of the gate with that name, in a namespace: all of its keys begin so, in one slot of a cluster. */
export const gateKey = (namespace: string, name: string): string =>
  `{tidegate:${namespace}:${encodeURIComponent(name)}}`;
