-- The lots numbered :first_lot to :last_lot of a plant that starts :lot_count lots in 180 days. As psql would have it:
--   psql -v first_lot=1 -v last_lot=1000 -v lot_count=1000 -1 -f seed.sql
-- or through infra/seed/seed.ts, which puts the same three numbers in. One transaction loads one range.
--
-- Every row follows from its lot's number by arithmetic: no random(), no now(), nothing read from other lots. So the
-- rows are the same on every machine, and however the numbers are cut into ranges.
--
-- Time is in whole seconds since 2026-01-05 00:00 UTC and stops at 15552000 (180 days): what a lot would do after that
-- has not happened yet, which is why some lots are queued, running or on hold.

drop table if exists pg_temp.seed_member, pg_temp.seed_visit, pg_temp.seed_event;

-- A family is one lot number: its first lot, what splits off it, and what merges into it. The pattern says of each
-- member at which step it comes (0: started as a lot of its own) and with how many wafers; at which step and how it
-- ends, with how many wafers left, and what it merges into.
create temporary table seed_member as
with pattern (pattern, member, origin, born_step, wafers, fate, fate_step, leaves, target) as (values
  ('straight', 0, null,  0, 25, 'shipped', null, null, null),
  ('sibling',  0, null,  0, 25, 'shipped', null, null, null),
  ('sibling',  1,    0,  7, 12, 'shipped', null, null, null),
  ('rework',   0, null,  0, 25, 'shipped', null, null, null),
  ('rework',   1,    0,  5,  6, 'merged',     9,    6,    0),
  ('refill',   0, null,  0, 14, 'shipped', null, null, null),
  ('refill',   1, null,  0, 11, 'merged',    10,   11,    0),
  ('refill',   2,    0, 13,  9, 'shipped', null, null, null),
  ('lost',     0, null,  0, 25, 'scrapped',  11,   25, null),
  ('deep',     0, null,  0, 25, 'shipped', null, null, null),
  ('deep',     1,    0,  3, 15, 'shipped', null, null, null),
  ('deep',     2,    1,  6,  9, 'merged',    18,    8,    1),
  ('deep',     3,    2,  9,  5, 'merged',    17,    4,    2),
  ('deep',     4,    3, 12,  2, 'merged',    16,    1,    3),
  ('deep',     5,    4, 14,  1, 'scrapped',  15,    1, null)
),
family as (
  select k, cast(k - 1 as bigint) * 15552000 / :lot_count as starts,
         1 + least(h % 12, h / 12 % 12) as product_id,
         case when h / 144 % 100 < 66 then 'straight' when h / 144 % 100 < 78 then 'sibling'
              when h / 144 % 100 < 87 then 'rework' when h / 144 % 100 < 93 then 'deep'
              when h / 144 % 100 < 97 then 'refill' else 'lost' end as pattern
  from (select k, fab.seed_hash(k, 1, 1) as h from generate_series(:first_lot, :last_lot) as k) as numbered
)
select family.k, pattern.member, family.starts, product.product_id, product.route_id, product.dice_per_wafer,
       route.steps, pattern.origin, pattern.born_step, pattern.wafers, pattern.fate,
       coalesce(pattern.fate_step, route.steps) as fate_step, pattern.leaves, pattern.target,
       case when pattern.member > 0 and pattern.origin is null then 'R' else 'L' end
         || lpad(cast(family.k as varchar), 7, '0')
         || case when pattern.origin is null then '' else '.0' || pattern.member end as lot_id
from family
join fab.products as product on product.product_id = family.product_id
join (select route_id, cast(count(*) as integer) as steps from fab.operations group by route_id) as route
  on route.route_id = product.route_id
join pattern on pattern.pattern = family.pattern;

-- One row for each step a member goes through. The members of a family share the step's time: it opens when the step
-- before has ended for all of them, and lasts 60 to 160 % of its standard hours. In 4 % of the steps all of them are
-- put on hold, for up to a week.
create temporary table seed_visit as
with step as (
  select family.k, family.starts, operation.step_no, operation.operation_id, operation.work_center,
         operation.standard_hours * 36 * (60 + h % 100) as lasts,
         case when h / 100 % 1000 < 40 and operation.step_no < family.steps
              then 1800 + 604 * (fab.seed_hash(family.k, operation.step_no, 3) % 1000)
                              * (fab.seed_hash(family.k, operation.step_no, 4) % 1000) / 1000
              else 0 end as held
  from seed_member as family
  join fab.operations as operation on operation.route_id = family.route_id
  cross join lateral (select fab.seed_hash(family.k, operation.step_no, 2) as h offset 0) as hashed
  where family.member = 0
),
timed as (
  select step.*, starts + sum(lasts + held) over (partition by k order by step_no) - lasts - held as opens from step
)
select member.k, member.member, member.lot_id, timed.step_no, timed.operation_id, timed.held, h,
       timed.opens + timed.lasts * (50 + h % 300) / 1000 as track_in,
       timed.opens + timed.lasts * (450 + h / 300 % 250) / 1000 as track_out,
       timed.opens + timed.lasts * 75 / 100 as run_ends,
       timed.opens + timed.lasts * 85 / 100 + timed.held as splits,
       timed.opens + timed.lasts * 90 / 100 + timed.held as merges,
       center.first_id + h / 75000 % center.units as equipment_id
from timed
join seed_member as member
  on member.k = timed.k and timed.step_no > member.born_step and timed.step_no <= member.fate_step
cross join lateral (select fab.seed_hash(timed.k * 8 + member.member, timed.step_no, 5) as h offset 0) as hashed
join (select work_center, min(equipment_id) as first_id, cast(count(*) as integer) as units
      from fab.equipment group by work_center) as center
  on center.work_center = timed.work_center
where timed.opens <= 15552000;

-- The history. A split or a merge has a row on each side.
create temporary table seed_event as
with happens (k, member, step_no, operation_id, event_type, at, equipment_id, change, other, reason_code, cause_code)
as (
  select k, member, step_no, operation_id, 'track_in', track_in, equipment_id, 0, cast(null as integer),
         cast(null as varchar), cast(null as varchar)
  from seed_visit
  union all
  select k, member, step_no, operation_id, 'track_out', track_out, equipment_id, 0, null, null, null from seed_visit
  union all
  select k, member, step_no, operation_id, move.event_type, move.at, null, 0, null,
         (array['SPC', 'PARTICLE', 'RECIPE', 'ENG', 'TOOL', 'CUSTOMER', 'MATERIAL', 'YIELD'])
           [1 + least(fab.seed_hash(k, step_no, 6) % 8, fab.seed_hash(k, step_no, 7) % 8)], null
  from seed_visit
  cross join lateral (values ('hold', run_ends), ('release', run_ends + held)) as move (event_type, at)
  where held > 0
  union all
  -- Wafers break only in lots that go on to ship, so that what a pattern moves is always there to be moved.
  select visit.k, visit.member, visit.step_no, operation_id, 'scrap', visit.splits, equipment_id,
         - coalesce(member.leaves, 1), null, null,
         case when visit.h % 3 = 0 then 'CRACK' else 'SCRATCH' end
  from seed_visit as visit
  join seed_member as member on member.k = visit.k and member.member = visit.member
  where (member.fate = 'scrapped' and visit.step_no = member.fate_step)
     or (member.fate = 'shipped' and visit.step_no % 6 = 0 and visit.h / 1000 % 100 < 4)
  union all
  select child.k, side.member, visit.step_no, visit.operation_id, 'split', visit.splits, null, side.change, side.other,
         null, null
  from seed_member as child
  join seed_visit as visit on visit.k = child.k and visit.member = child.origin and visit.step_no = child.born_step
  cross join lateral (values (child.origin, - child.wafers, child.member), (child.member, child.wafers, child.origin))
    as side (member, change, other)
  union all
  select source.k, side.member, visit.step_no, visit.operation_id, 'merge', visit.merges, null, side.change, side.other,
         null, null
  from seed_member as source
  join seed_visit as visit on visit.k = source.k and visit.member = source.member and visit.step_no = source.fate_step
  cross join lateral (values (source.member, - source.leaves, source.target), (source.target, source.leaves, source.member))
    as side (member, change, other)
  where source.fate = 'merged'
)
select cast(happens.k as bigint) * 1000 + row_number() over (
         partition by happens.k order by at, happens.member, event_type) as event_id,
       happens.*,
       case when member.origin is null then member.wafers else 0 end
         + sum(change) over (partition by happens.k, happens.member order by at, event_type) as quantity,
       member.lot_id,
       timestamp with time zone '2026-01-05 00:00:00+00' + at * interval '1 second' as occurred_at
from happens
join seed_member as member on member.k = happens.k and member.member = happens.member
where at <= 15552000;

insert into fab.lots
  (lot_id, product_id, route_id, operation_id, state, started_quantity, quantity, started_at, state_since)
with history as (
  select k, member, min(occurred_at) as first_at, max(occurred_at) as last_at, sum(change) as change,
         coalesce(max(step_no) filter (where event_type = 'track_in'), 0) as entered,
         coalesce(max(step_no) filter (where event_type = 'track_out'), 0) as finished,
         count(*) filter (where event_type = 'hold') > count(*) filter (where event_type = 'release') as held,
         coalesce(bool_or(event_type in ('merge', 'scrap') and quantity = 0), false) as gone
  from seed_event
  group by k, member
),
standing as (
  select member.*, history.first_at, history.last_at, coalesce(history.change, 0) as change,
         coalesce(history.entered, 0) as entered, greatest(history.finished, member.born_step) as finished,
         case when history.gone then member.fate
              when history.held then 'on_hold'
              when history.finished = member.steps then 'shipped'
              when history.entered > history.finished then 'running'
              else 'queued' end as state
  from seed_member as member
  left join history on history.k = member.k and history.member = member.member
  where member.origin is null or history.k is not null
)
select lot_id, product_id, route_id,
       route_id * 100 + case state when 'queued' then finished + 1 else greatest(entered, 1) end,
       state,
       case when origin is null then wafers else 0 end,
       case when origin is null then wafers else 0 end + change,
       case when origin is null
            then timestamp with time zone '2026-01-05 00:00:00+00' + starts * interval '1 second' else first_at end,
       coalesce(last_at, timestamp with time zone '2026-01-05 00:00:00+00' + starts * interval '1 second')
from standing;

insert into fab.lot_events
  (event_id, lot_id, event_type, occurred_at, operation_id, equipment_id, quantity, quantity_change, related_lot_id,
   reason_code, cause_code)
select event.event_id, event.lot_id, event.event_type, event.occurred_at, event.operation_id, event.equipment_id,
       event.quantity, event.change, other.lot_id, event.reason_code, event.cause_code
from seed_event as event
left join seed_member as other on other.k = event.k and other.member = event.other
order by event.event_id;

insert into fab.holds (hold_id, lot_id, operation_id, reason_code, placed_at, released_at)
select placed.event_id, placed.lot_id, placed.operation_id, placed.reason_code, placed.occurred_at, released.occurred_at
from seed_event as placed
left join seed_event as released on released.k = placed.k and released.member = placed.member
  and released.step_no = placed.step_no and released.event_type = 'release'
where placed.event_type = 'hold';

-- One machine in nine is a poor one, and finds four times as much as the others to reject. The smallest of three
-- numbers below ten makes the first causes far more frequent than the last.
insert into fab.rejects
  (reject_id, event_id, lot_id, product_id, operation_id, equipment_id, cause_code, quantity, recorded_at)
select event.event_id, event.event_id, event.lot_id, member.product_id, event.operation_id, event.equipment_id,
       (array['PARTICLE', 'OVERLAY', 'CD', 'RESIDUE', 'SCRATCH', 'VOID', 'LEAKAGE', 'THICKNESS', 'CRACK', 'OTHER'])
         [1 + least(g % 10, g / 10 % 10, g / 100 % 10)],
       greatest(1, event.quantity * member.dice_per_wafer
         * (1000 + 78 * (h / 1000 % 1000) * (h / 1000000 % 1000) / 1000) / 1000000),
       event.occurred_at
from seed_event as event
join seed_member as member on member.k = event.k and member.member = event.member
cross join lateral (select fab.seed_hash(event.event_id, 8, 8) as h, fab.seed_hash(event.event_id, 9, 9) as g offset 0)
  as hashed
where event.event_type = 'track_out'
  and h % 1000 < case when event.equipment_id % 9 = 4 then 240 else 60 end;

insert into fab.lot_genealogy
  (genealogy_id, parent_lot_id, child_lot_id, relation, quantity, operation_id, occurred_at)
select event.event_id, event.lot_id, other.lot_id, event.event_type, - event.change, event.operation_id,
       event.occurred_at
from seed_event as event
join seed_member as other on other.k = event.k and other.member = event.other
where event.event_type in ('split', 'merge') and event.change < 0;

drop table pg_temp.seed_member, pg_temp.seed_visit, pg_temp.seed_event;
