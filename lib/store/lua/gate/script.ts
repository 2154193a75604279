/**
 * The gate machine of `lib/gate` as one Lua script for Redis 6.2 and later, with the same meaning to the bit. It is
 * kept in text, so that bundles for any platform carry it, in files and functions named as in `lib/gate`, so that the
 * two can be read side by side.
 *
 * Map of this folder: `entries` reads what is stored and `keep` writes what changed; between them one file for each of
 * `lib/gate`; `script` puts them together; `wire` is what goes in and comes out.
 *
 * What Lua does differently: `false` stands for null, since nil ends an array; strings are never compared by order but
 * by `isBefore`, since Lua asks the locale; numbers are doubles as in JavaScript, and below 10^14 print as integers.
 */
import { admit } from "./admit.ts";
import { breaker, transitions } from "./breaker.ts";
import { entries } from "./entries.ts";
import { keep } from "./keep.ts";
import { lanes } from "./lanes.ts";
import { life } from "./life.ts";
import { line } from "./line.ts";
import { adoption, operator } from "./operator.ts";
import { records } from "./records.ts";
import { sessions, silence } from "./sessions.ts";
import { main, step } from "./step.ts";
import { due, time } from "./time.ts";
import { turn } from "./turn.ts";
import { view } from "./view.ts";
import { window } from "./window.ts";

/** What nearly every batch needs. */
const OFTEN = [entries, records, turn, window, sessions, breaker, lanes, line, admit, time, keep, step];
/** Defined only when one of them is asked for, since a function costs as much to define as to run. */
const RARELY = [life, silence, transitions, operator, adoption, due, view];

const loading = `
setmetatable(gate, { __index = function(_, name)
  setmetatable(gate, nil)
  gate.loadRest()
  return gate[name]
end })
`;

/**
 * `EVAL` it with {@link gateKeys} as keys, and as arguments the batch as {@link encodeBatch} writes it and, in tests
 * alone, a clock in milliseconds instead of the server's own.
 */
export const GATE_SCRIPT: string = [...OFTEN, "function gate.loadRest()", ...RARELY, "end", loading, main].join("\n");
