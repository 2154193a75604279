import { describe, expect, test } from "vitest";
import { withPlaces } from "../../lib/store/lua/gate/records.ts";

describe("the script's source names places of arrays and numbers of the machine, which", () => {
  test.each([
    ["second.calls = now", "second[2] = now"],
    ["session.n = other.n + 1", "session[2] = other[2] + 1"],
    ["core.schema", "core[1]"],
    ["session.permits[lane] = 0", "session[9 + lane] = 0"],
    ["session.probes[REQUEST] + session.probes[HEALTH]", "session[12 + 1] + session[12 + 3]"],
    ["renewal.lanes[lane] or NOTHING", "renewal[10][lane] or NOTHING"],
    ["math.max(now, gate.first)", "math.max(now, gate.first)"],
    ["if core.state == HALF_OPEN then", "if core[6] == 3 then"],
    ["now - at < RUN_AGE_MS", "now - at < 250"],
    ['call("ZADD", KEYS[1 + DUE], now)', 'call("ZADD", KEYS[1 + 1], now)'],
  ])("are numbered: %s", (source, script) => {
    expect(withPlaces(source)).toBe(script);
  });

  test.each([
    ["that no record has", "second.permits", "a place of a record was needed"],
    ["of a variable that is not called after its record, and would read as nil", "if not known.n then", "a place"],
    ["of what has no variable, and would read as nil", "others[at].permits", "a variable of its own was needed"],
    ["of a lane that is not named", "session.permits", "a place of a record was needed"],
    ["that the machine does not know", "now - at < AGE_MS", "a constant of lib/gate was needed"],
  ])("are refused when the script is put together: one %s", (_, source, error) => {
    expect(() => withPlaces(source)).toThrow(`gate script: ${error}`);
  });
});
