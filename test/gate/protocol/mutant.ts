import type { Protocol } from "./space.ts";

/** A protocol with one thing left out. */
export interface Mutant {
  readonly rule: number;
  readonly name: string;
  /** What is found to be wrong. */
  readonly breaks: RegExp;
  // biome-ignore lint/suspicious/noExplicitAny: one list holds the mutants of several protocols
  readonly protocol: Protocol<any, any>;
}
