/** A gate's breaker in words, for the commands that show it. */
import type { ForcedByOperator } from "../contract/parts.ts";
import type { GatePart } from "../contract/system.ts";
import type { Paint } from "./command.ts";
import { counted } from "./text.ts";

export const inForce = ({ mode, until, actor, reason }: ForcedByOperator): string =>
  `${mode} until ${until} by ${actor}: ${reason}`;

/** @param gate Null where the store does not say. */
export function breakerRows(title: string, gate: GatePart | null, paint: Paint): string[][] {
  if (gate === null) return [[title, "unknown: the state store does not answer"]];
  const { state, open_until: until, failure_count: failures, total_count: calls, forced } = gate.circuit_breaker;
  const word = paint(state === "CLOSED" ? "good" : "warn", state);
  const end = until === null ? "" : `, open until ${until}`;
  return [
    [title, `${word}, ${failures} of ${counted(calls, "call")} failed${end}`],
    ...(forced ? [["", inForce(forced)]] : []),
  ];
}
