-- The demo plant for Oracle 12c and later: the tables of ../schema.sql, in its order, with its columns, in Oracle's types.
--
-- They belong to the user "fab", who has to be there: create user fab identified by "…" quota unlimited on users; and,
-- if the seed logs on as that user: grant create session, create table to fab.
-- Statements end with a semicolon at the end of a line, and hold none elsewhere. Run once: there is no "if not exists".
-- Written to what every Oracle since 12c documents; run against no server so far. Two checks between times are left to
-- the other schema, where the rows are made.

-- What is being made, and along which route.
create table fab.routes (
  route_id    number(10)   not null primary key,
  route_code  varchar2(24) not null unique,
  route_name  varchar2(80) not null
);

create table fab.products (
  product_id     number(10)   not null primary key,
  product_code   varchar2(24) not null unique,
  product_name   varchar2(80) not null,
  route_id       number(10)   not null references fab.routes,
  dice_per_wafer number(10)   not null check (dice_per_wafer > 0)
);

-- One step of one route. The same operation_code on two routes is the same kind of work in the same order.
create table fab.operations (
  operation_id   number(10)   not null primary key,
  route_id       number(10)   not null references fab.routes,
  step_no        number(10)   not null check (step_no > 0),
  operation_code varchar2(24) not null,
  work_center    varchar2(24) not null,
  standard_hours number(10)   not null check (standard_hours > 0),
  unique (route_id, step_no),
  unique (route_id, operation_code)
);

create table fab.equipment (
  equipment_id   number(10)   not null primary key,
  equipment_code varchar2(24) not null unique,
  work_center    varchar2(24) not null,
  unit_no        number(10)   not null check (unit_no > 0),
  unique (work_center, unit_no)
);

create table fab.hold_reasons (
  reason_code varchar2(24) not null primary key,
  reason_name varchar2(80) not null
);

create table fab.reject_causes (
  cause_code varchar2(24) not null primary key,
  cause_name varchar2(80) not null
);

-- A lot and where it stands now. started_quantity is what was released into the plant under this very id: none for a
-- lot that came out of a split, so that the sum over all lots is the number of wafers ever started.
create table fab.lots (
  lot_id           varchar2(24) not null primary key,
  product_id       number(10)   not null,
  route_id         number(10)   not null,
  operation_id     number(10)   not null,
  state            varchar2(12) not null
    check (state in ('queued', 'running', 'on_hold', 'shipped', 'merged', 'scrapped')),
  started_quantity number(10)   not null check (started_quantity >= 0),
  quantity         number(10)   not null check (quantity >= 0),
  started_at       timestamp(3) with time zone not null,
  state_since      timestamp(3) with time zone not null,
  check (quantity = 0 or state not in ('merged', 'scrapped'))
);

-- The lot history. quantity is the number of wafers in the lot after the event, quantity_change what the event did to
-- it; related_lot_id is the other side of a split or a merge, which is recorded on both sides.
create table fab.lot_events (
  event_id        number(19)   not null primary key,
  lot_id          varchar2(24) not null,
  event_type      varchar2(12) not null
    check (event_type in ('track_in', 'track_out', 'hold', 'release', 'split', 'merge', 'scrap')),
  occurred_at     timestamp(3) with time zone not null,
  operation_id    number(10)   not null,
  equipment_id    number(10),
  quantity        number(10)   not null check (quantity >= 0),
  quantity_change number(10)   not null,
  related_lot_id  varchar2(24),
  reason_code     varchar2(24),
  cause_code      varchar2(24),
  check ((related_lot_id is not null and event_type in ('split', 'merge'))
    or (related_lot_id is null and event_type not in ('split', 'merge'))),
  check ((reason_code is not null and event_type in ('hold', 'release'))
    or (reason_code is null and event_type not in ('hold', 'release'))),
  check ((cause_code is not null and event_type = 'scrap') or (cause_code is null and event_type <> 'scrap')),
  check ((quantity_change = 0 and event_type in ('track_in', 'track_out', 'hold', 'release'))
    or (quantity_change <> 0 and event_type in ('split', 'merge', 'scrap')))
);

-- A hold from its placing to its release; hold_id is the event that placed it. Open as long as released_at is null.
create table fab.holds (
  hold_id      number(19)   not null primary key,
  lot_id       varchar2(24) not null,
  operation_id number(10)   not null,
  reason_code  varchar2(24) not null,
  placed_at    timestamp(3) with time zone not null,
  released_at  timestamp(3) with time zone
);

-- Dice found bad at a track-out, which is event_id. The lot's product is repeated here so that one index over time
-- answers every grouping of the reject report without visiting another table.
create table fab.rejects (
  reject_id    number(19)   not null primary key,
  event_id     number(19)   not null,
  lot_id       varchar2(24) not null,
  product_id   number(10)   not null,
  operation_id number(10)   not null,
  equipment_id number(10)   not null,
  cause_code   varchar2(24) not null,
  quantity     number(10)   not null check (quantity > 0),
  recorded_at  timestamp(3) with time zone not null
);

-- Which lot's wafers went into which: parent to child, for splits and for merges alike. A lot that splits and takes its
-- child back makes a cycle of lots, though never one in time. genealogy_id is the event on the parent's side.
create table fab.lot_genealogy (
  genealogy_id  number(19)   not null primary key,
  parent_lot_id varchar2(24) not null,
  child_lot_id  varchar2(24) not null,
  relation      varchar2(12) not null check (relation in ('split', 'merge')),
  quantity      number(10)   not null check (quantity > 0),
  operation_id  number(10)   not null,
  occurred_at   timestamp(3) with time zone not null,
  check (parent_lot_id <> child_lot_id)
);
