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
import { admit, refusals } from "./admit.ts";
import { breaker, transitions } from "./breaker.ts";
import { entries, rareEntries, variables } from "./entries.ts";
import { keep, keepMore } from "./keep.ts";
import { endings, lanes } from "./lanes.ts";
import { life } from "./life.ts";
import { line } from "./line.ts";
import { adoption, operator } from "./operator.ts";
import { withPlaces } from "./records.ts";
import { sessions, silence } from "./sessions.ts";
import { firstBatch, main, step } from "./step.ts";
import { due } from "./time.ts";
import { reports, turn } from "./turn.ts";
import { view } from "./view.ts";
import { rolling, window } from "./window.ts";

/** What nearly every batch needs. */
const OFTEN = [entries, turn, window, sessions, breaker, lanes, admit, step, keep];
/** What busy gates need: where something waits, is refused, or falls due. */
const SOMETIMES = [line, refusals, endings, rareEntries, rolling, due, silence, keepMore];
const RARELY = [firstBatch, life, reports, transitions, operator, adoption, view];

/** Defined stage by stage, until what was asked for is there: a function costs as much to define as to run. */
const loading = `
local stages = { function()
${SOMETIMES.join("\n")}
end, function()
${RARELY.join("\n")}
end }
setmetatable(gate, { __index = function(_, name)
  while #stages > 0 do
    table.remove(stages, 1)()
    local found = rawget(gate, name)
    if found then return found end
  end
end })
`;

/**
 * `EVAL` it with {@link gateKeys} as keys, and as arguments the batch as {@link encodeBatch} writes it and, in tests
 * alone, a clock in milliseconds instead of the server's own.
 */
export const GATE_SCRIPT: string = withPlaces(
  [variables, "local function define()", ...OFTEN, loading, "end", "define()", main].join("\n"),
);
