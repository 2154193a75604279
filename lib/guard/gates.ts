/** The gates of one instance, by name: made when they are first asked for. */

import { createGuard, type Guard, type GuardOptions } from "./guard.ts";
import type { GuardRules } from "./rules.ts";

export interface Gates {
  of(name: string): Guard;
  all(): ReadonlyMap<string, Guard>;
  /** Refuses who waits and who comes; what runs may end. */
  close(): void;
  /** Tells every gate what is left to tell. */
  end(): Promise<void>;
}

export interface GatesOptions extends Omit<GuardOptions, "name" | "key" | "rules" | "refusing"> {
  readonly rules: GuardRules;
  readonly keyOf: (name: string) => string;
  /** What that gate does while its breaker keeps calls away; see {@link GuardOptions}. */
  readonly refusing?: (name: string) => GuardOptions["refusing"];
}

export function createGates({ keyOf, refusing, ...shared }: GatesOptions): Gates {
  const guards = new Map<string, Guard>();
  return {
    of: (name) => {
      const guard = guards.get(name) ?? createGuard({ ...shared, name, key: keyOf(name), refusing: refusing?.(name) });
      guards.set(name, guard);
      return guard;
    },
    all: () => guards,
    close: () => {
      for (const guard of guards.values()) guard.close();
    },
    end: async () => {
      await Promise.all([...guards.values()].map((guard) => guard.end()));
    },
  };
}
