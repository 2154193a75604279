/**
 * The gate machine of `lib/gate` as one Lua script for Redis 6.2 and later, with the same meaning to the bit. It is
 * kept in text, so that bundles for any platform carry it, in files and functions named as in `lib/gate`, so that the
 * two can be read side by side.
 *
 * Map of this folder: `records` lays out what is stored and what is sent, and `constants` has the numbers; `entries` reads what is stored and `keep`
 * writes what changed; between them one file for each of `lib/gate`; `script` puts them together; `wire` is what goes
 * in, `answer` what comes out.
 *
 * What Lua does differently: `false` stands for null, since nil ends an array; strings are never compared by order but
 * by `isBefore`, since Lua asks the locale; numbers are doubles as in JavaScript, and below 10^14 print as integers.
 */
import { allocation, hunger } from "./allocation.ts";
import { breaker, transitions } from "./breaker.ts";
import { entries, moreEntries, variables } from "./entries.ts";
import { keep } from "./keep.ts";
import { lanes, leases, probes } from "./leases.ts";
import { life } from "./life.ts";
import { operator } from "./operator.ts";
import { withPlaces } from "./records.ts";
import { sessions, silence } from "./sessions.ts";
import { main, step } from "./step.ts";
import { view } from "./view.ts";
import { rolling, window } from "./window.ts";

/** What nearly every renewal needs. */
const OFTEN = [entries, window, sessions, breaker, lanes, leases, allocation, step, keep];
/** What busy gates need: where somebody is hungry, something falls due, or a second is over. */
const SOMETIMES = [moreEntries, hunger, rolling, silence];
const RARELY = [life, transitions, probes, operator, view];

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

/** Sent whole to a server that does not know it: without what only a reader needs. */
const withoutComments = (source: string): string => source.replace(/^\s*--.*$/gm, "").replace(/^\s+/gm, "");

/**
 * `EVAL` it with {@link gateKeys} as keys, and as arguments the renewal as {@link encodeRenewal} writes it and, in tests
 * alone, a clock in milliseconds instead of the server's own.
 */
export const GATE_SCRIPT: string = withPlaces(
  withoutComments([variables, "local function define()", ...OFTEN, loading, "end", "define()", main].join("\n")),
);
