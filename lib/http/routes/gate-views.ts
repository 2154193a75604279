/** The gates that operators and figures are shown by name: not all, since each costs a message to the store. */
import type { GateView } from "../../gate/renewal.ts";
import type { Gates } from "../../guard/gates.ts";

export const MOST_SHOWN = 100;

type NamedGates = ReturnType<Gates["named"]>;

/** In their order; null where a gate cannot be seen. */
export function gateViews(named: NamedGates): Promise<readonly (readonly [name: string, view: GateView | null])[]> {
  return Promise.all(
    named.map(async (gate) => {
      try {
        return [gate.name, await gate.view()] as const;
      } catch {
        return [gate.name, null] as const;
      }
    }),
  );
}
