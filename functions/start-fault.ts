/** What a start that failed is logged with. */
import { ConfigError } from "tidegate/config";

/** Of a wrong environment each variable, what it needs and what was found; else the error with its stack. */
export function startFault(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof ConfigError)) return { error };
  const { faults, slips } = error;
  const variables = faults.map(({ variable }) => variable);
  return { message: `not usable: ${variables.join(", ")}`, faults, ...(slips.length > 0 && { slips }) };
}

/** Of `sysexits.h`: what is wrong with the environment stays wrong, however often it is started again. */
const EX_CONFIG = 78;

/** What a process ends with that could not start. */
export const exitCodeOf = (error: unknown): number => (error instanceof ConfigError ? EX_CONFIG : 1);
