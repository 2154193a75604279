-- The gate machine of `lib/gate` as one script for Redis 6.2 and later, with the same meaning to the bit. Files and
-- functions are named as there, so that the two can be read side by side.
--
-- `npm run generate` puts the files together in `script.generated.ts`, which bundles for any platform carry: this one,
-- and at the mark of each stage (`-- @often`) what all others have under that mark. Names in capitals become numbers of
-- `lib/gate` (`LEASE_MS`), and parts of records their places in `records.ts` (`core.clock` becomes `core[3]`).
--
-- Map of this folder: `script` (this file) has what every function sees, and what runs; `entries` reads what is stored
-- and `keep` writes what changed; between them one file for each of `lib/gate`. In TypeScript, `records` lays out what
-- is stored and what is sent, `wire` is what goes in, `answer` what comes out, `text` how words travel.
--
-- Keys: those of `gateKeys`. Arguments: the renewal as `encodeRenewal` writes it and, in tests alone, a clock in
-- milliseconds instead of the server's own.
--
-- What Lua does differently: `false` stands for null, since nil ends an array; strings are never compared by order but
-- by `isBefore`, since Lua asks the locale; numbers are doubles as in JavaScript, and below 10^14 print as integers.

-- Functions live in one table, and are defined inside of others: each variable of the enclosing function that a new one
-- captures is searched for in a list whenever the script starts, those from further out are at hand.
local gate = {}
local call = redis.call
local GATE = KEYS[1]

local core, totals, config, renewal, now, id, session
local events, pushes = {}, {}
-- As they are by now, false where there is none; which of them changed.
local sessions, seconds, lists = {}, {}, {}
local sessionsChanged, secondsChanged, listsChanged = {}, {}, {}
-- Of sessions that changed: their score in each ranking, as stored and as it is by now. Nothing while they are
-- withdrawn.
local stored, scores = {}, {}
-- How many each ranking had at first.
local before = {}
-- What is stored belongs to no life or to an older one: it is not read any more, and goes. Or just who was hungry.
local fresh, cleared = false, false
-- What the sender may use from now on, by lane.
local allow, crowded = {}, {}
-- What a new sender says of itself.
local about
local NOTHING, NONE = { 0, 0, 0, 0, 0, 0, 0, 0 }, {}

-- Defined stage by stage, until what was asked for is there: a function costs as much to define as to run.
local function define()
  -- What nearly every renewal needs.
  -- @often
  local stages = { function()
    -- What busy gates need: where somebody is hungry, something falls due, or a second is over.
    -- @sometimes
  end, function()
    -- @rarely
  end }
  setmetatable(gate, { __index = function(_, name)
    while #stages > 0 do
      table.remove(stages, 1)()
      local found = rawget(gate, name)
      if found then return found end
    end
  end })
end
define()

-- Reads what nearly every renewal needs, and applies it.
renewal = cjson.decode(ARGV[1])
id, config = renewal.session, renewal.config
local moment = not ARGV[2] and call("TIME")
local clock = moment and moment[1] * 1000 + math.floor(moment[2] / 1000) or tonumber(ARGV[2])
local place = math.floor(clock / 1000) % RING_SECONDS
local found = call("HMGET", GATE, "core", "totals", "s" .. id, "w" .. place)
for at = 1, 4 do found[at] = found[at] and cmsgpack.unpack(found[at]) end
core, totals, sessions[id], seconds[place] = found[1], found[2], found[3], found[4]
-- What an older release did not count.
if totals then for at = #totals + 1, TOTALS_PLACES do totals[at] = 0 end end
if core and core.schema ~= SCHEMA then
  return redis.error_reply("TIDEGATE restore a gate: its schema must be SCHEMA, was " .. tostring(core.schema)
    .. "; run a newer release")
end
for ranking = DUE, RANKINGS do before[ranking] = core and core.sizes[ranking] or 0 end
local answer, replies = gate.step(clock)
local ruling = replies and core.override and gate.ruling()
if ruling or #events + #pushes + #(replies or NONE) > 0 then
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = events, pushes, replies or NONE, ruling or nil
end
gate.keep()
return answer
