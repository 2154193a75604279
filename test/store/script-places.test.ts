import { describe, expect, test } from "vitest";
import { withPlaces } from "../../lib/store/lua/gate/records.ts";

describe("the script's source names places of arrays, which", () => {
  test.each([
    ["ticket.goneAt = now", "ticket[5] = now"],
    ["own.permits = own.permits + change", "own[4] = own[4] + change"],
    ["core.schema", "core[1]"],
    ["core.waiting[lane] = 0", "core[26+lane] = 0"],
    ["core.held[REQUEST] + core.held[HEALTH]", "core[29+1] + core[29+3]"],
    ["local first = math.max(gate.first, entries.p)", "local first = math.max(gate.first, entries.p)"],
  ])("are numbered: %s", (source, script) => {
    expect(withPlaces(source)).toBe(script);
  });

  test.each([
    ["that no record has", "ticket.expiresAt"],
    ["of a variable that is not called after its record, and would read as nil", "if not known.named then"],
  ])("are refused when the script is put together: one %s", (_, source) => {
    expect(() => withPlaces(source)).toThrow("gate script: a place of a record was needed");
  });
});
