/** What names in the source of the gate's Lua stand for: numbers of `lib/gate`, and places in the records. */
import * as allocation from "../../lib/gate/allocation.ts";
import * as backoff from "../../lib/gate/backoff.ts";
import * as breaker from "../../lib/gate/breaker.ts";
import * as keep from "../../lib/gate/keep.ts";
import * as lanes from "../../lib/gate/lanes.ts";
import * as life from "../../lib/gate/life.ts";
import { gateMachine } from "../../lib/gate/machine.ts";
import * as pings from "../../lib/gate/pings.ts";
import * as sessions from "../../lib/gate/sessions.ts";
import * as state from "../../lib/gate/state.ts";
import * as step from "../../lib/gate/step.ts";
import { BREAKER_STATES, LANES } from "../../lib/gate/types.ts";
import * as view from "../../lib/gate/view.ts";
import { type Places, RANKINGS, RECORDS } from "../../lib/store/lua/gate/records.ts";

const ofModules = [allocation, backoff, breaker, keep, lanes, life, pings, sessions, state, step, view].flatMap(
  (module) =>
    Object.entries<unknown>(module).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
);

const counted = (names: readonly string[]) =>
  names.map((name, at): readonly [string, number] => [name.toUpperCase(), at + 1]);

/** Every number that the script shares with `lib/gate`, by the name it has there; typed nowhere else. */
const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ...ofModules,
  ...counted(LANES),
  ...counted(BREAKER_STATES),
  ...counted(RANKINGS),
  // A lane's number has to be added.
  ["HUNGRY", RANKINGS.indexOf("hungry:request")],
  ["RICH", RANKINGS.indexOf("rich:request")],
  ["RANKINGS", RANKINGS.length],
  ["MACHINE_LENGTH", gateMachine.name.length],
  ["NEVER", Number.MAX_SAFE_INTEGER],
  /** `unpack` has a limit of some thousands. */
  ["MOST_AT_ONCE", 1_000],
]);

const RECORD_OF: ReadonlyMap<string, Places> = new Map(Object.entries(RECORDS));
const sizeOf = (record: Places): number => [...record.values()].reduce((sum, { size }) => sum + size, 0);

/** What the script names itself, in capitals too. */
const OWN = new Set("KEYS ARGV GATE NOTHING NONE".split(" "));
const WORD = /"[^"]*"|\b[A-Z][A-Z_]+\b/g;
const NAMED = /\b([A-Za-z_]\w*)\.(\w+)(\[([^[\]]+)\])?/g;
const UNNAMED = /[\])]\.\w+/;
/** What has names in Lua: its libraries and the script's own table. */
const TABLES = new Set("redis cjson cmsgpack string math table gate".split(" "));

/**
 * The source with numbers for names. A record is known by what the variable is called that holds it.
 *
 * @param file For errors.
 * @throws Error where a record has no such place, or a variable is not called after what it holds: when the script is
 *   put together, not when it runs.
 * @example
 * ```ts
 * withPlaces("second.calls = 0", file); // "second[2] = 0"
 * withPlaces("session.permits[lane] = 0", file); // "session[9 + lane] = 0"
 * withPlaces("core.state == OPEN", file); // "core[6] == 2"
 * ```
 */
export function withPlaces(source: string, file: string): string {
  const unnamed = UNNAMED.exec(source)?.[0];
  if (unnamed !== undefined) throw new Error(`${file}: a variable of its own was needed, was ${unnamed}`);
  const withNumbers = source.replace(WORD, (word) => {
    if (word.startsWith('"') || OWN.has(word)) return word;
    const places = RECORD_OF.get(word.replace(/_PLACES$/, "").toLowerCase());
    const number = places ? sizeOf(places) : CONSTANTS.get(word);
    if (number === undefined) throw new Error(`${file}: a constant of lib/gate was needed, was ${word}`);
    return String(number);
  });
  return withNumbers.replace(NAMED, (text, record: string, name: string, index = "", lane?: string) => {
    if (TABLES.has(record)) return text;
    const place = RECORD_OF.get(record)?.get(name);
    if (!place || (place.size > 1 && lane === undefined))
      throw new Error(`${file}: a place of a record was needed, was ${text}; see lib/store/lua/gate/records.ts`);
    if (place.size === 1) return `${record}[${place.at}]${index}`;
    return `${record}[${place.at - 1} + ${lane}]`;
  });
}
