// Written by `npm run generate` from lib/store/lua/gate/*.lua: edit there.
export const GATE_SCRIPT: string = `local gate = {}
local call = redis.call
local GATE = KEYS[1]
local core, totals, config, renewal, now, id, session
local events, pushes = {}, {}
local sessions, seconds, lists = {}, {}, {}
local sessionsChanged, secondsChanged, listsChanged = {}, {}, {}
local stored, scores = {}, {}
local before = {}
local fresh, cleared = false, false
local allow, crowded = {}, {}
local about
local NOTHING, NONE = { 0, 0, 0, 0, 0, 0, 0, 0 }, {}
local function define()
function gate.allocate(lane, asked)
local free = gate.roomIn(lane)
local room, excess = math.max(0, free), 0
local others = core[56 + 2 + lane] > 0 and gate.hungryOthers(lane, room)
local wasHungry = gate.isHungry(session, lane)
if asked[3] <= session[9 + lane] then session[24 + lane] = 0
elseif not wasHungry then session[24 + lane] = math.max(1, now - asked[6]) end
local granted = gate.grantable(lane, asked, room, others)
if granted > 0 then
session[9 + lane] = session[9 + lane] + granted
session[27 + lane] = now
if asked[3] <= session[9 + lane] then session[24 + lane] = 0 end
end
local left = room - granted
local mine = session[9 + lane]
if free < 0 and mine > 0 then
excess = math.min(mine, math.ceil((-free * mine) / (core[35 + lane] + mine)))
end
local gives = math.max(excess, others and left == 0 and gate.givenAway(lane, others) or 0)
local hungry = session[24 + lane] > 0
if hungry and gives > 0 then session[24 + lane], session[27 + lane] = now, now end
if others and left > 0 then gate.wake(lane, others, left) end
if hungry and left == 0 then gate.reclaim(lane) end
return session[9 + lane] - gives, hungry or core[56 + 2 + lane] > 0
end
function gate.shareIn(lane)
if now >= core[2] + 2000 then return 9007199254740991 end
local instances = math.max(config[20], core[56 + 2] + 1)
return math.max(1, math.floor(config[1 + lane] / instances))
end
function gate.grantable(lane, asked, room, others)
local held, most = session[9 + lane], asked[3]
if not (others and others[1]) then most = math.max(most, asked[4]) end
most = math.max(0, math.min(room, math.min(most, gate.shareIn(lane)) - held))
return most > 0 and others and gate.grantableBeside(lane, room, most, others) or most
end
function gate.modeInForce()
local override = core[32]
return override and override[1]
end
function gate.vote(vote)
local calls, failures = vote[3], vote[4]
if vote[1] ~= core[4] then return end
if core[6] == 3 and vote[2] then core[12] = core[12] + failures + vote[6] end
if calls > 0 then core[19] = now end
local state = gate.stateForSender()
if state == 2 or (state == 3 and not vote[2]) then return end
if calls == 0 then return end
if failures > 0 then
core[21] = now
if vote[7] > 0 then gate.noteRetry(vote[7]) end
end
if calls > failures then core[20] = now end
gate.countVotes(vote)
if state == 3 then gate.judgeProbes(vote)
elseif core[6] == 1 or (core[6] == 3 and config[1] == "observe") then
gate.judgeCalls(calls, failures)
end
end
function gate.judgeCalls(calls, failures)
if core[22] > 0 and now - core[23] > config[9] * 1000 then core[22] = 0 end
core[22] = math.max(0, core[22] - 10 * (calls - failures))
if core[22] == 0 then core[23] = failures > 0 and now or 0 end
core[22] = core[22] + failures
if config[1] == "off" or gate.modeInForce() == "force_closed" then return end
local cause = gate.verdict()
if cause then gate.convict(cause) end
end
function gate.verdict()
local calls, failures = core[29], core[30]
if calls >= config[10] then
if failures >= config[11] and failures * 10000 >= config[12] * calls then
return "failure_rate"
end
if core[31] * 10000 > config[13] * calls then return "slow_rate" end
end
if core[22] >= config[11] and now - core[23] >= 250 then return "failure_run" end
return nil
end
function gate.secondOf(at)
local place = at % 300
if seconds[place] == nil then gate.read(seconds, "w", { place }) end
local second = seconds[place]
return second and second[1] == at and second
end
function gate.send(command, key, list)
for from = 1, #list, 1000 do
call(command, key, unpack(list, from, math.min(from + 1000 - 1, #list)))
end
end
function gate.moved()
local adds, drops = {}, {}
for name, by in pairs(scores) do
local old = stored[name] or NONE
for ranking = 1, 7 do
local score = by[ranking]
if score ~= old[ranking] then
local lists = score and adds or drops
local list = lists[ranking] or {}
lists[ranking] = list
if score then list[#list + 1] = string.format("%.0f", score) end
list[#list + 1] = name
end
end
end
return adds, drops
end
function gate.keptAnew()
local override = core[32]
local needed = math.max(core[8], core[64], override and override[2] or 0,
now + math.max(60000, config[9] * 1000))
if session then
for lane = 1, 3 do needed = math.max(needed, session[33 + lane], session[36 + lane]) end
end
needed = needed + config[24]
if needed <= core[55] then return false end
core[55] = needed + math.floor(config[24] / 4)
return true
end
function gate.keep()
local renewed = gate.keptAnew()
local adds, drops = gate.moved()
local sets, gone = { "core", cmsgpack.pack(core), "totals", cmsgpack.pack(totals) }, {}
local function set(field, entry) sets[#sets + 1], sets[#sets + 2] = field, cmsgpack.pack(entry) end
for place in pairs(secondsChanged) do set("w" .. place, seconds[place]) end
for field in pairs(listsChanged) do set(field, lists[field]) end
for name in pairs(sessionsChanged) do
if sessions[name] then set("s" .. name, sessions[name])
else gone[#gone + 1], gone[#gone + 2] = "s" .. name, "a" .. name end
end
if about and sessions[id] then set("a" .. id, about) end
if fresh then call("DEL", unpack(KEYS)) end
gate.send("HSET", GATE, sets)
if cleared then call("DEL", KEYS[1 + 2 + 1], KEYS[1 + 2 + 2]) end
for ranking, list in pairs(adds) do gate.send("ZADD", KEYS[1 + ranking], list) end
for ranking, list in pairs(drops) do gate.send("ZREM", KEYS[1 + ranking], list) end
gate.send("HDEL", GATE, gone)
for at = 1, #KEYS do
if renewed or (adds[at - 1] and before[at - 1] == 0) then call("PEXPIRE", KEYS[at], core[55] - now) end
end
for at = 1, #pushes, 2 do
local key = string.sub(GATE, 1, -6 - 2)
local inner = string.match(key, "^{(.*)}$") or key
local channel = "{" .. (string.match(inner, "^(.*):") or inner) .. "}:push"
if pushes[at] ~= "" then channel = channel .. ":" .. string.match(pushes[at], "^[^_]*") end
redis.pcall("PUBLISH", channel, pushes[at + 1] .. " " .. key)
end
end
function gate.capacityInForce(lane)
local capacity = config[1 + lane]
local grows = lane ~= 3 and core[10] > 0 and core[6] == 1 and config[1] == "on"
if not grows then return capacity end
return math.min(capacity, config[18] * 2 ^ math.floor((now - core[10]) / 250))
end
function gate.roomIn(lane)
local held = session[9 + lane] + session[12 + lane] + session[15 + lane]
return gate.capacityInForce(lane) - core[35 + lane] - core[38 + lane] - held
end
function gate.renewWithinMs()
return math.max(250, math.ceil((core[52] * 1000) / config[21]))
end
function gate.probeDeadlineMs(lane)
local doublings = math.min(core[12], 15)
return math.min(config[4 + lane], 10000 * 2 ^ doublings)
end
function gate.stateForSender()
if config[1] == "on" or (config[1] == "observe" and gate.modeInForce() == "force_open") then return core[6] end
return 1
end
function gate.renew(adopts)
session[3] = now
session[9] = math.max(2000, 4 * gate.renewWithinMs())
for lane = 1, 3 do gate.renewLane(lane, renewal[10][lane] or NOTHING, adopts) end
session[7] = core[4]
local outlasts = now + session[9] + config[8] + 2000
for lane = 1, 3 do
local free, over = 0, 0
if session[9 + lane] + session[15 + lane] > 0 then free = outlasts + config[4 + lane] end
if session[12 + lane] > 0 then over = outlasts + gate.probeDeadlineMs(lane) end
session[33 + lane], session[36 + lane] = free, over
end
local holds, leaves = gate.holdsAny(session), renewal[5]
if leaves and not holds then gate.forget(id)
else
session[4] = leaves and 0 or now + (holds and session[9] + 1000 or 60000)
gate.enlist(id, session)
end
for lane = 1, 3 do gate.noteFull(lane, renewal[10][lane] or NOTHING) end
end
function gate.renewLane(lane, asked, adopts)
local state = lane == 3 and 1 or gate.stateForSender()
local permits, probes = asked[1], asked[2]
if not adopts then
permits, probes = math.min(permits, session[9 + lane]), math.min(probes, session[12 + lane])
end
if state == 1 then permits, probes = permits + probes, 0 end
session[9 + lane], session[12 + lane] = permits, probes
if adopts then session[27 + lane] = now end
session[15 + lane], session[30 + lane] = asked[7], 0
local waiting = asked[5]
if lane ~= 3 and state == 1 then
allow[lane], crowded[lane] = gate.allocate(lane, asked)
waiting = math.max(0, waiting - math.max(0, allow[lane] - (asked[3] - waiting)))
session[18 + lane], session[21 + lane] = asked[3], waiting
return
end
session[18 + lane], session[21 + lane], session[24 + lane] = asked[3], waiting, 0
if lane == 3 then
local given = math.max(0, math.min(gate.roomIn(3), asked[3] - session[9 + 3]))
session[9 + 3] = session[9 + 3] + given
elseif state == 3 then gate.grantProbes(lane) end
allow[lane], crowded[lane] = lane == 3 and session[9 + 3] or 0, lane ~= 3
end
function gate.noteFull(lane, asked)
if core[41 + lane] < math.max(1, gate.capacityInForce(lane)) then core[47 + lane] = 0
elseif core[47 + lane] == 0 or asked[8] > 0 then core[47 + lane] = now end
end
function gate.lanesForSender()
local list, passing = {}, gate.stateForSender() == 1
for lane = 1, 3 do
local permits, probes, waiting = session[9 + lane], session[12 + lane], core[44 + lane]
local passes = lane == 3 or passing
local isAllowed, isCrowded = allow[lane], crowded[lane]
if isAllowed == nil then
isAllowed = passes and permits or 0
isCrowded = lane ~= 3 and (not passes or core[56 + 2 + lane] > 0)
end
if isCrowded or permits + probes + waiting + isAllowed > 0 then
local at = #list
list[at + 1], list[at + 2], list[at + 3], list[at + 4] = lane, permits, isAllowed, probes
list[at + 5], list[at + 6] = isCrowded and 1 or 0, waiting
end
end
return list
end
function gate.reply()
local state, retryAfterMs = gate.stateForSender(), 0
if state == 2 then
retryAfterMs = core[8] - now
if gate.modeInForce() == "force_open" then state = 0 end
elseif state == 3 then
retryAfterMs = math.max(1000, math.min(5000, core[14]))
end
return { 1, core[2], core[4], core[5], state, retryAfterMs, gate.probeDeadlineMs(1),
session[9], math.min(gate.renewWithinMs(), math.floor(session[9] / 4)),
core[56 + 2], gate.rank(), gate.lanesForSender() }
end
function gate.isHungry(session, lane)
return session[24 + lane] > 0 and session[7] == core[4]
end
function gate.holdsAny(session)
for lane = 1, 3 do
if session[9 + lane] + session[12 + lane] + session[15 + lane] > 0 then return true end
end
return false
end
function gate.scoresOf(session)
local by = { session[6], session[4] > 0 and session[1] or nil }
if not session[5] then by[7] = session[3] end
for lane = 1, 2 do
local permits = session[9 + lane]
local most = math.min(permits, 4000)
if gate.isHungry(session, lane) then by[2 + lane] = most * 2199023255552 + session[24 + lane] end
if permits > 0 then
by[4 + lane] = math.min(math.max(0, permits - session[18 + lane]), 4000) * 4000 + most
end
end
return by
end
function gate.count(session, by, sign)
for lane = 1, 3 do
local probes, waiting = session[12 + lane], session[21 + lane]
core[35 + lane] = core[35 + lane] + sign * (session[9 + lane] + probes)
core[38 + lane] = core[38 + lane] + sign * session[15 + lane]
core[41 + lane] = core[41 + lane] + sign * (session[18 + lane] - waiting)
core[44 + lane] = core[44 + lane] + sign * waiting
core[51] = core[51] + sign * probes
end
if session[5] then core[52] = core[52] + sign end
for ranking = 1, 7 do
if by[ranking] then core[56 + ranking] = core[56 + ranking] + sign end
end
end
function gate.withdraw(id, session)
local by = gate.scoresOf(session)
gate.count(session, by, -1)
stored[id], scores[id] = stored[id] or by, {}
end
function gate.enlist(id, session)
session[5] = gate.isHungry(session, 1) or gate.isHungry(session, 2) or gate.holdsAny(session)
session[6] = gate.dueOf(session)
core[54] = math.min(core[54], session[6])
local by, old = gate.scoresOf(session), stored[id]
gate.count(session, by, 1)
scores[id], sessions[id], sessionsChanged[id] = by, session, true
if old and old[2] ~= by[2] then core[56] = core[56] + 1 end
end
function gate.dueOf(session)
local due = gate.holdsAny(session) and 9007199254740991 or session[3] + 60000
if session[4] > 0 then due = math.min(due, session[4]) end
for lane = 1, 3 do
local free, over = session[33 + lane], session[36 + lane]
if free > 0 then due = math.min(due, free) end
if over > 0 then due = math.min(due, over) end
if session[21 + lane] + session[24 + lane] > 0 then due = math.min(due, session[3] + 1500) end
end
return due
end
function gate.rank()
if session[41] ~= core[56] then gate.findRank() end
return session[40]
end
function gate.step(clock)
if not core or clock < core[3] - 10000 then gate.beginLife(clock) end
core[3] = math.max(core[3], clock)
now = core[3]
local override = core[32]
if override and override[2] <= now then gate.endOverride(override[2], "override_ended") end
if core[6] == 2 and core[8] <= now then gate.enter(3, core[8], "open_period_over") end
if core[54] <= now then gate.passSessions() end
local oldest = math.max(core[24], math.floor(now / 1000) - config[9] + 1)
if oldest ~= core[28] then gate.rollWindow(oldest) end
return gate.answer()
end
function gate.answer()
session = sessions[id]
local known, opening = session, renewal[15]
if (renewal[4] and renewal[4] ~= core[2]) or not (known or opening) then return { 0, core[2] } end
if not known then session, about = gate.openSession(renewal[2]), opening[4] end
local isNews = renewal[2] > session[2]
if isNews then
if known then gate.withdraw(id, session) end
gate.hear(opening)
end
local isDone = not isNews or renewal[3] > 10000
local commands, replies = renewal[16] or NONE, {}
for at = 1, #commands do
local command = commands[at]
replies[at] = command[1] == "operate" and gate.operate(command, isDone)
end
if isNews then gate.renew(opening and renewal[4]) end
gate.countPeaks()
for at = 1, #commands do replies[at] = replies[at] or gate.view() end
return gate.reply(), replies
end
function gate.hear(opening)
if opening then
if opening[1] > core[4] then gate.raiseGeneration(opening[1] + 1) end
if renewal[4] then gate.adoptOverride(opening) end
end
local heardBefore = session[3]
session[2], session[8] = renewal[2], renewal[7]
local sums, refused = renewal[11], renewal[9]
for at = 1, #sums, 2 do totals[sums[at]] = totals[sums[at]] + sums[at + 1] end
if refused > 0 then gate.countRefused(refused) end
local counts = renewal[3] <= 10000
if refused > 0 and now - heardBefore < 5000 then core[19] = now end
local holding, probing = 0, 0
for lane = 1, 2 do
local asked = renewal[10][lane] or NOTHING
holding, probing = holding + session[9 + lane], probing + session[12 + lane]
if asked[3] > 0 then core[19] = now end
if counts and session[12 + lane] > asked[2] then gate.countProbe(now - session[27 + lane]) end
end
if not counts then return end
local votes, pings, open = renewal[12] or NONE, renewal[13] or NONE, renewal[14]
for at = 1, #votes do
local vote = votes[at]
if (vote[2] and probing or holding) > 0 then gate.vote(vote) end
end
for at = 1, #pings do gate.ping(pings[at]) end
if open then gate.adoptOpen(open[1], open[2]) end
end
function gate.countProbe(took)
core[14] = core[14] == 0 and took or math.floor((7 * core[14] + took) / 8)
end
function gate.push(session, message) pushes[#pushes + 1], pushes[#pushes + 2] = session, message end
function gate.currentSecond()
local at = math.floor(now / 1000)
local second = gate.secondOf(at) or { at, 0, 0, 0, 0, 0, 0 }
local place = at % 300
seconds[place], secondsChanged[place] = second, true
return second
end
function gate.countVotes(vote)
local second = gate.currentSecond()
second[2], core[29] = second[2] + vote[3], core[29] + vote[3]
second[3], core[30] = second[3] + vote[4], core[30] + vote[4]
second[4], core[31] = second[4] + vote[5], core[31] + vote[5]
end
function gate.countRefused(refused)
local second = gate.currentSecond()
second[5] = second[5] + refused
end
function gate.countPeaks()
local running = core[41 + 1] + core[41 + 2]
local waiting = core[44 + 1] + core[44 + 2]
local second = gate.secondOf(math.floor(now / 1000))
if running <= (second and second[6] or 0) and waiting <= (second and second[7] or 0) then return end
second = gate.currentSecond()
second[6] = math.max(second[6], running)
second[7] = math.max(second[7], waiting)
end
local stages = { function()
function gate.hungryOthers(lane, room)
local names, found = gate.ranked("ZRANGE", 2 + lane, room + 4), {}
gate.read(sessions, "s", names)
for at = 1, #names do
local name = names[at]
local other = sessions[name]
local woken, longest = other[30 + lane], math.max(150, 3 * other[8])
if other[3] + 1500 <= now or (woken > 0 and now - woken > longest) then
gate.withdraw(name, other)
gate.giveUpHunger(other, lane)
gate.enlist(name, other)
else
found[#found + 1] = { name, other }
end
end
return found
end
function gate.grantableBeside(lane, room, most, others)
local since, granted = session[24 + lane], 0
while granted < most do
local level, claims = session[9 + lane] + granted, 0
for at = 1, #others do
local other = others[at][2]
local older = config[23] and (since == 0 or other[24 + lane] < since)
claims = claims + math.max(0, math.min(other[18 + lane], older and level + 1 or level) - other[9 + lane])
end
if room - granted - claims <= 0 then break end
granted = granted + 1
end
return granted
end
function gate.givenAway(lane, others)
local levels, gives, poorest = {}, 0, nil
for at = 1, #others do
local other = others[at][2]
levels[at] = other[9 + lane]
end
local function find()
poorest = nil
for at = 1, #others do
local other = others[at][2]
if levels[at] < other[18 + lane] and (not poorest or levels[at] < levels[poorest]) then poorest = at end
end
return poorest
end
while find() and session[9 + lane] - gives >= levels[poorest] + 2 do
levels[poorest] = levels[poorest] + 1
gives = gives + 1
end
if gives > 0 or not poorest or session[9 + lane] ~= levels[poorest] + 1 then return gives end
return gate.hadItsTime(session, lane) and 1 or 0
end
function gate.hadItsTime(session, lane)
local roundTrips = config[23] and 3 or 8
return now - session[27 + lane] > math.max(50, roundTrips * session[8])
end
function gate.wake(lane, others, count)
local share = gate.shareIn(lane)
for at = 1, math.min(count, #others) do
local name, other = others[at][1], others[at][2]
if other[9 + lane] < share then
gate.push(name, "wake")
if other[30 + lane] == 0 then other[30 + lane], sessionsChanged[name] = now, true end
end
end
end
function gate.reclaim(lane)
local holder = gate.ranked("ZREVRANGE", 4 + lane, 1)[1]
if not holder then return end
gate.read(sessions, "s", { holder })
local other = sessions[holder]
local theirs, mine = other[9 + lane], session[9 + lane]
if theirs > other[18 + lane] or theirs >= mine + 2 or (theirs == mine + 1 and gate.hadItsTime(other, lane)) then
gate.push(holder, "reclaim")
end
end
function gate.read(into, prefix, names)
local missing, fields = {}, {}
for at = 1, #names do
local name = names[at]
if into[name] == nil then
into[name] = false
missing[#missing + 1], fields[#fields + 1] = name, prefix .. name
end
end
if fresh then return end
for from = 1, #fields, 1000 do
local texts = call("HMGET", GATE, unpack(fields, from, math.min(from + 1000 - 1, #fields)))
for at = 1, #texts do into[missing[from + at - 1]] = texts[at] and cmsgpack.unpack(texts[at]) end
end
end
function gate.listOf(field)
gate.read(lists, "", { field })
lists[field] = lists[field] or {}
return lists[field]
end
function gate.append(field, value, most)
local list = gate.listOf(field)
list[#list + 1] = value
if #list > most then table.remove(list, 1) end
listsChanged[field] = true
end
local function isBefore(one, two)
for at = 1, math.min(#one, #two) do
local byte, next = string.byte(one, at), string.byte(two, at)
if byte ~= next then return byte < next end
end
return #one < #two
end
function gate.ranked(command, ranking, count)
local names, scoreOf, asked = {}, {}, count - 1
for _ in pairs(scores) do asked = asked + 1 end
local found = fresh and {} or call(command, KEYS[1 + ranking], 0, asked, "WITHSCORES")
for at = 1, #found, 2 do
local name = found[at]
if not scores[name] then names[#names + 1], scoreOf[name] = name, tonumber(found[at + 1]) end
end
for name, by in pairs(scores) do
if by[ranking] then names[#names + 1], scoreOf[name] = name, by[ranking] end
end
table.sort(names, function(one, two)
if command == "ZREVRANGE" then one, two = two, one end
if scoreOf[one] ~= scoreOf[two] then return scoreOf[one] < scoreOf[two] end
return isBefore(one, two)
end)
for at = #names, count + 1, -1 do names[at] = nil end
return names
end
function gate.findRank()
local opened = session[1]
local rank = fresh and 0 or call("ZCOUNT", KEYS[1 + 2], "-inf", "(" .. opened)
for name, by in pairs(scores) do
local old = stored[name] and stored[name][2]
if old and old < opened then rank = rank - 1 end
if by[2] and by[2] < opened then rank = rank + 1 end
end
session[40], session[41] = rank, core[56]
end
function gate.openSession(n)
while core[56 + 1] >= config[22] and gate.forgetSilent() do end
core[53] = core[53] + 1
local session = {}
for at = 1, 41 do session[at] = 0 end
session[1], session[2], session[5], session[7] = core[53], n - 1, false, core[4]
session[41] = -1
return session
end
function gate.passSessions()
local names = fresh and {} or call("ZRANGEBYSCORE", KEYS[1 + 1], "-inf", now)
gate.read(sessions, "s", names)
core[54] = 9007199254740991
for at = 1, #names do gate.passSession(names[at], sessions[names[at]]) end
local first = fresh and {}
or call("ZRANGEBYSCORE", KEYS[1 + 1], "(" .. now, "+inf", "WITHSCORES", "LIMIT", 0, 1)
if first[2] then core[54] = math.min(core[54], tonumber(first[2])) end
end
function gate.passSession(id, session)
gate.withdraw(id, session)
local held = gate.holdsAny(session)
for lane = 1, 3 do gate.passLease(session, lane) end
if session[4] <= now then session[4] = 0 end
if not gate.holdsAny(session) and (held or session[3] + 60000 <= now) then gate.forget(id)
else gate.enlist(id, session) end
end
function gate.passLease(session, lane)
local free, over = session[33 + lane], session[36 + lane]
if over > 0 and over <= now then session[12 + lane], session[36 + lane] = 0, 0 end
if free > 0 and free <= now then
session[9 + lane], session[15 + lane], session[33 + lane] = 0, 0, 0
session[18 + lane] = session[21 + lane]
end
if session[3] + 1500 <= now then gate.giveUpHunger(session, lane) end
end
function gate.giveUpHunger(session, lane)
session[18 + lane] = session[18 + lane] - session[21 + lane]
session[21 + lane], session[24 + lane], session[30 + lane] = 0, 0, 0
end
function gate.forget(id)
sessions[id], sessionsChanged[id] = false, true
core[56] = core[56] + 1
end
function gate.forgetSilent()
local name = gate.ranked("ZRANGE", 7, 1)[1]
if not name then return false end
gate.read(sessions, "s", { name })
gate.withdraw(name, sessions[name])
gate.forget(name)
return true
end
function gate.beginWindow(at)
local start = math.floor(at / 1000)
local second = gate.secondOf(start) or NOTHING
core[24], core[28] = start, start
core[25], core[26], core[27] = second[2], second[3], second[4]
core[29], core[30], core[31] = 0, 0, 0
end
function gate.rollWindow(oldest)
local from, to, sign = core[28], oldest, -1
if oldest < from then from, to, sign = oldest, from, 1 end
local first, places = math.max(from, to - 300), {}
for at = first, to - 1 do places[#places + 1] = at % 300 end
gate.read(seconds, "w", places)
for at = first, to - 1 do
local second = gate.secondOf(at)
if second then gate.addSecond(second, sign) end
end
if oldest - core[28] > 300 then core[29], core[30], core[31] = 0, 0, 0 end
core[28] = oldest
end
function gate.addSecond(second, sign)
local calls, failures, slow = second[2], second[3], second[4]
if second[1] == core[24] then
calls, failures, slow = calls - core[25], failures - core[26], slow - core[27]
end
core[29], core[30], core[31] =
core[29] + sign * calls, core[30] + sign * failures, core[31] + sign * slow
end
end, function()
gate.causes = { failure_rate = 1, slow_rate = 2, failure_run = 3, probe_failed = 4, open_period_over = 5,
pings_succeeded = 6, probes_succeeded = 7, override = 8, override_ended = 9, adopted = 10 }
function gate.enter(to, at, cause)
local from = core[6]
gate.begin(to, at, cause == "probes_succeeded")
totals[33 + to] = totals[33 + to] + 1
local row = (gate.causes[cause] - 1) * 3
totals[43 + row + to] = totals[43 + row + to] + 1
gate.report({ "transition", at, from, to, cause, core[4] })
end
function gate.begin(to, at, recovered)
core[6] = to
core[7] = at
gate.raiseGeneration(core[4] + 1)
core[8] = 0
core[13] = 0
core[22] = 0
core[23] = 0
core[15] = 0
if to == 1 then
core[12] = 0
core[18] = true
core[9] = false
core[64] = 0
core[10] = recovered and at or 0
gate.beginWindow(at)
end
gate.push("", "changed")
end
function gate.raiseGeneration(generation)
core[4] = generation
cleared = true
for ranking = 2 + 1, 2 + 2 do
core[56 + ranking], before[ranking] = 0, 0
if stored[id] then stored[id][ranking] = nil end
end
end
function gate.open(cause)
local recoveryFailed = core[6] == 3
or (core[10] > 0 and now - core[10] < config[14])
core[11] = recoveryFailed and core[11] + 1 or 0
if cause ~= "probe_failed" then core[9] = cause == "slow_rate" end
gate.enter(2, now, cause)
core[8] = gate.opensUntil()
end
function gate.opensUntil() return math.max(now + gate.openPeriodMs(), core[64]) end
function gate.longestMs() return math.max(config[16], config[14]) end
function gate.noteRetry(retryAfterMs)
core[64] = math.max(core[64], now + math.min(retryAfterMs, gate.longestMs()))
end
function gate.openPeriodMs()
local longest, period, grown = gate.longestMs(), config[14], 0
local most = math.min(core[11], 30)
while period < longest and grown < most do
period = math.min(longest, math.floor((period * config[15]) / 10000))
grown = grown + 1
end
local byChance = math.floor((period * config[17]) / 10000)
return period + math.floor((byChance * renewal[6]) / 1000)
end
function gate.judgeProbes(vote)
if vote[4] > 0 or (core[9] and vote[5] > 0) then
if core[17] > 0 and now - core[17] < 10000 then core[18] = false end
gate.open("probe_failed")
else
gate.succeeded(vote[3])
end
end
function gate.succeeded(probes)
core[13] = core[13] + probes
if core[13] >= config[19] then gate.enter(1, now, "probes_succeeded") end
end
function gate.convict(cause)
if config[1] == "on" and gate.modeInForce() ~= "observe" then
gate.open(cause)
elseif now >= core[33] then
core[33] = gate.opensUntil()
gate.report({ "would_open", now, cause })
end
end
function gate.ping(ok)
if not ok then
core[15] = 0
return
end
if core[15] > 0 and now - core[16] < 4500 then return end
core[15] = core[15] + 1
core[16] = now
if not core[18] or core[9] or core[32] or config[1] ~= "on" then return end
if now < core[64] then return end
if core[6] == 3 and now - core[19] >= 5000 then gate.succeeded(1) end
if core[6] == 2 and core[15] >= 2 then
core[17] = now
gate.enter(3, now, "pings_succeeded")
end
end
function gate.grantProbes(lane)
local own = session[12 + 1] + session[12 + 2] + session[12 + 3]
local room = math.min(gate.roomIn(lane), config[18] - core[51] - own)
local granted = math.max(0, math.min(room, session[21 + lane]))
session[12 + lane] = session[12 + lane] + granted
if granted > 0 then session[27 + lane] = now end
end
function gate.beginLife(clock)
local begins, generation, overrideVersion = clock, clock, clock
if core then
begins, generation = math.max(clock, core[2] + 1), math.max(clock, core[4] + 1)
overrideVersion = math.max(clock, core[5] + 1)
end
fresh, sessions, seconds = true, {}, {}
for ranking = 1, 7 do before[ranking] = 0 end
core, totals = {}, {}
for at = 1, 64 do core[at] = 0 end
for at = 1, 84 do totals[at] = 0 end
core[1], core[2], core[3], core[54] = 1, begins, clock, 9007199254740991
core[4], core[5], core[6], core[7] = generation, overrideVersion, 1, clock
core[9], core[18], core[32], core[34] = false, true, false, false
gate.beginWindow(clock)
events[1] = { "life", clock, begins }
end
function gate.adoptOverride(opening)
local brought, version = opening[3], opening[2]
core[5] = math.max(core[5], version)
if now >= core[2] + 2000 or core[34] or version < core[35] then return end
local knowsBetter = version > core[35]
core[35] = version
if brought and brought[2] > 0 then
if core[32] and not knowsBetter then return end
local override = { brought[1], now + brought[2], brought[3], brought[4] }
gate.report({ "override", now, unpack(override) })
gate.beginOverride(override, "adopted")
elseif core[32] and knowsBetter then
core[32] = false
if core[6] ~= 1 then gate.enter(1, now, "adopted") end
end
end
function gate.adoptOpen(remainingMs, agoMs)
if core[32] or config[1] ~= "on" or core[6] ~= 1 or remainingMs <= 0 then return end
if core[20] >= now - agoMs or core[7] > math.max(core[2], now - agoMs) then return end
gate.enter(2, now, "adopted")
core[8] = now + remainingMs
end
function gate.report(event)
events[#events + 1] = event
gate.append("history", event, 50)
end
function gate.ruling()
local override = core[32]
return { override[2] - now, unpack(override) }
end
function gate.operate(command, again)
local opIds = gate.listOf("opIds")
for at = 1, #opIds do
if opIds[at] == command[2] then return { "unchanged", core[5], "repeated" } end
end
local expected = command[5]
if again or (expected and expected ~= core[5]) then
return { "unchanged", core[5], "stale" }
end
gate.append("opIds", command[2], 50)
core[5] = core[5] + 1
core[34] = true
local override = { command[3], now, command[6], command[7] }
local holds = command[3] ~= "auto" and command[3] ~= "reset"
if holds then override[2] = now + command[4] end
gate.report({ "override", now, unpack(override) })
if holds then gate.beginOverride(override, "override")
elseif command[3] == "reset" then gate.startOver()
elseif core[32] then gate.endOverride(now, "override") end
return { "operated", core[5] }
end
function gate.beginOverride(override, cause)
local mode, replaced = override[1], gate.modeInForce()
core[32] = override
core[33] = 0
core[11] = 0
if mode == "force_open" then
if core[6] ~= 2 then gate.enter(2, now, cause) end
core[8] = override[2]
elseif mode == "force_closed" or replaced == "force_closed" or core[6] ~= 1 then
gate.enter(1, now, cause)
end
end
function gate.endOverride(at, cause)
local mode = gate.modeInForce()
core[32] = false
if mode == "force_open" then gate.enter(3, at, cause) end
if mode == "force_closed" then gate.enter(1, at, cause) end
end
function gate.startOver()
core[32] = false
core[33], core[11], core[17] = 0, 0, 0
if core[6] == 1 then gate.begin(1, now) else gate.enter(1, now, "override") end
end
function gate.laneView(lane)
return { gate.capacityInForce(lane), core[35 + lane], core[41 + lane], core[44 + lane],
core[47 + lane] }
end
function gate.lastSeconds()
local places, list = {}, {}
for place = 0, 300 - 1 do places[place + 1] = place end
gate.read(seconds, "w", places)
for place = 0, 300 - 1 do
local second = seconds[place]
if second and second[1] > math.floor(now / 1000) - 300 then list[#list + 1] = second end
end
table.sort(list, function(one, two) return one[1] < two[1] end)
return list
end
function gate.instances()
local names, abouts, list = gate.ranked("ZREVRANGE", 2, 200), {}, {}
abouts[id] = about
gate.read(abouts, "a", names)
gate.read(sessions, "s", names)
for at = #names, 1, -1 do
local name = names[at]
local other = sessions[name]
list[#list + 1] = { name, other[3], abouts[name] }
end
return list
end
function gate.view()
return { "view", now,
{ core[6], core[7], core[8], math.max(0, core[8] - now), core[51], core[13],
core[11], core[21] },
{ core[29], core[30], core[31] },
core[32] and gate.ruling() or {},
core[5],
{ gate.laneView(1), gate.laneView(2), gate.laneView(3) },
totals, gate.lastSeconds(), gate.listOf("history"), core[56 + 2], gate.rank(), gate.instances() }
end
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
renewal = cjson.decode(ARGV[1])
id, config = renewal[1], renewal[8]
local moment = not ARGV[2] and call("TIME")
local clock = moment and moment[1] * 1000 + math.floor(moment[2] / 1000) or tonumber(ARGV[2])
local place = math.floor(clock / 1000) % 300
local found = call("HMGET", GATE, "core", "totals", "s" .. id, "w" .. place)
for at = 1, 4 do found[at] = found[at] and cmsgpack.unpack(found[at]) end
core, totals, sessions[id], seconds[place] = found[1], found[2], found[3], found[4]
if totals then for at = #totals + 1, 84 do totals[at] = 0 end end
if core and core[1] ~= 1 then
return redis.error_reply("TIDEGATE restore a gate: its schema must be SCHEMA, was " .. tostring(core[1])
.. "; run a newer release")
end
for ranking = 1, 7 do before[ranking] = core and core[56 + ranking] or 0 end
local answer, replies = gate.step(clock)
local ruling = replies and core[32] and gate.ruling()
if ruling or #events + #pushes + #(replies or NONE) > 0 then
local at = #answer
answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = events, pushes, replies or NONE, ruling or nil
end
gate.keep()
return answer`;
