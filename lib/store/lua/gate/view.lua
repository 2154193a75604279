-- `lib/gate/view.ts`: the whole gate as people want to see it.

-- @rarely

function gate.laneView(lane)
  return { gate.capacityInForce(lane), core.permits[lane], core.running[lane], core.waiting[lane],
    core.fullSince[lane] }
end

function gate.lastSeconds()
  local places, list = {}, {}
  for place = 0, RING_SECONDS - 1 do places[place + 1] = place end
  gate.read(seconds, "w", places)
  for place = 0, RING_SECONDS - 1 do
    local second = seconds[place]
    if second and second.at > math.floor(now / 1000) - RING_SECONDS then list[#list + 1] = second end
  end
  table.sort(list, function(one, two) return one[1] < two[1] end)
  return list
end

function gate.instances()
  local names, abouts, list = gate.ranked("ZREVRANGE", PRESENT, INSTANCES_SHOWN), {}, {}
  abouts[id] = about
  gate.read(abouts, "a", names)
  gate.read(sessions, "s", names)
  for at = #names, 1, -1 do
    local name = names[at]
    local other = sessions[name]
    list[#list + 1] = { name, other.heard, abouts[name] }
  end
  return list
end

function gate.view()
  return { "view", now,
    { core.state, core.since, core.openUntil, math.max(0, core.openUntil - now), core.probes, core.successes,
      core.failedRecoveries, core.lastFailureAt },
    { core.calls, core.failures, core.slow },
    core.override and gate.ruling() or {},
    core.overrideVersion,
    { gate.laneView(REQUEST), gate.laneView(SLOW), gate.laneView(HEALTH) },
    totals, gate.lastSeconds(), gate.listOf("history"), core.sizes[PRESENT], gate.rank(), gate.instances() }
end
