/** Every number that the script shares with `lib/gate`, by the name it has there; typed nowhere else. */
import * as allocation from "../../../gate/allocation.ts";
import * as backoff from "../../../gate/backoff.ts";
import * as breaker from "../../../gate/breaker.ts";
import * as keep from "../../../gate/keep.ts";
import * as lanes from "../../../gate/lanes.ts";
import * as life from "../../../gate/life.ts";
import { gateMachine } from "../../../gate/machine.ts";
import * as pings from "../../../gate/pings.ts";
import * as sessions from "../../../gate/sessions.ts";
import * as state from "../../../gate/state.ts";
import * as step from "../../../gate/step.ts";
import { BREAKER_STATES, LANES } from "../../../gate/types.ts";
import * as view from "../../../gate/view.ts";

/** The sorted sets, in the order of their keys behind the hash's. */
export const RANKINGS: readonly string[] = [
  "due",
  "present",
  "hungry:request",
  "hungry:slow",
  "rich:request",
  "rich:slow",
  "idle",
];

const ofModules = [allocation, backoff, breaker, keep, lanes, life, pings, sessions, state, step, view].flatMap(
  (module) =>
    Object.entries<unknown>(module).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
);

const numbered = (names: readonly string[]) =>
  names.map((name, at): readonly [string, number] => [name.toUpperCase(), at + 1]);

export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ...ofModules,
  ...numbered(LANES),
  ...numbered(BREAKER_STATES),
  ...numbered(RANKINGS),
  // A lane's number has to be added.
  ["HUNGRY", RANKINGS.indexOf("hungry:request")],
  ["RICH", RANKINGS.indexOf("rich:request")],
  ["RANKINGS", RANKINGS.length],
  ["MACHINE_LENGTH", gateMachine.name.length],
  ["NEVER", Number.MAX_SAFE_INTEGER],
  /** `unpack` has a limit of some thousands. */
  ["MOST_AT_ONCE", 1_000],
]);
