-- The demo plant: what a semiconductor manufacturing execution system keeps about its lots.
--
-- Everything lives in the schema "fab", so that loading or dropping the demo can never touch a table of yours, and no
-- statement depends on a search_path (poolers in transaction mode do not keep one).
-- Types are the ones every SQL database has. Times are kept to the millisecond, which is what JSON and JavaScript carry,
-- so that a page can begin exactly behind the row the last one ended with.
-- Secondary indexes and foreign keys are in after-load.sql: building them over rows that are already there is quicker
-- than keeping them up row by row. Safe to run again.

create schema if not exists fab;

-- What is being made, and along which route.
create table if not exists fab.routes (
  route_id    integer     not null primary key,
  route_code  varchar(24) not null unique,
  route_name  varchar(80) not null
);

create table if not exists fab.products (
  product_id     integer     not null primary key,
  product_code   varchar(24) not null unique,
  product_name   varchar(80) not null,
  route_id       integer     not null references fab.routes,
  dice_per_wafer integer     not null check (dice_per_wafer > 0)
);

-- One step of one route. The same operation_code on two routes is the same kind of work in the same order.
create table if not exists fab.operations (
  operation_id   integer     not null primary key,
  route_id       integer     not null references fab.routes,
  step_no        integer     not null check (step_no > 0),
  operation_code varchar(24) not null,
  work_center    varchar(24) not null,
  standard_hours integer     not null check (standard_hours > 0),
  unique (route_id, step_no),
  unique (route_id, operation_code)
);

create table if not exists fab.equipment (
  equipment_id   integer     not null primary key,
  equipment_code varchar(24) not null unique,
  work_center    varchar(24) not null,
  unit_no        integer     not null check (unit_no > 0),
  unique (work_center, unit_no)
);

create table if not exists fab.hold_reasons (
  reason_code varchar(24) not null primary key,
  reason_name varchar(80) not null
);

create table if not exists fab.reject_causes (
  cause_code varchar(24) not null primary key,
  cause_name varchar(80) not null
);

-- A lot and where it stands now. started_quantity is what was released into the plant under this very id: none for a
-- lot that came out of a split, so that the sum over all lots is the number of wafers ever started.
create table if not exists fab.lots (
  lot_id           varchar(24) not null primary key,
  product_id       integer     not null,
  route_id         integer     not null,
  operation_id     integer     not null,
  state            varchar(12) not null
    check (state in ('queued', 'running', 'on_hold', 'shipped', 'merged', 'scrapped')),
  started_quantity integer     not null check (started_quantity >= 0),
  quantity         integer     not null check (quantity >= 0),
  started_at       timestamp(3) with time zone not null,
  state_since      timestamp(3) with time zone not null,
  check (state_since >= started_at),
  check (quantity = 0 or state not in ('merged', 'scrapped'))
);

-- The lot history. quantity is the number of wafers in the lot after the event, quantity_change what the event did to
-- it; related_lot_id is the other side of a split or a merge, which is recorded on both sides.
create table if not exists fab.lot_events (
  event_id        bigint      not null primary key,
  lot_id          varchar(24) not null,
  event_type      varchar(12) not null
    check (event_type in ('track_in', 'track_out', 'hold', 'release', 'split', 'merge', 'scrap')),
  occurred_at     timestamp(3) with time zone not null,
  operation_id    integer     not null,
  equipment_id    integer,
  quantity        integer     not null check (quantity >= 0),
  quantity_change integer     not null,
  related_lot_id  varchar(24),
  reason_code     varchar(24),
  cause_code      varchar(24),
  check ((related_lot_id is not null) = (event_type in ('split', 'merge'))),
  check ((reason_code is not null) = (event_type in ('hold', 'release'))),
  check ((cause_code is not null) = (event_type = 'scrap')),
  check ((quantity_change = 0) = (event_type in ('track_in', 'track_out', 'hold', 'release')))
);

-- A hold from its placing to its release; hold_id is the event that placed it. Open as long as released_at is null.
create table if not exists fab.holds (
  hold_id      bigint      not null primary key,
  lot_id       varchar(24) not null,
  operation_id integer     not null,
  reason_code  varchar(24) not null,
  placed_at    timestamp(3) with time zone not null,
  released_at  timestamp(3) with time zone,
  check (released_at > placed_at)
);

-- Dice found bad at a track-out, which is event_id. The lot's product is repeated here so that one index over time
-- answers every grouping of the reject report without visiting another table.
create table if not exists fab.rejects (
  reject_id    bigint      not null primary key,
  event_id     bigint      not null,
  lot_id       varchar(24) not null,
  product_id   integer     not null,
  operation_id integer     not null,
  equipment_id integer     not null,
  cause_code   varchar(24) not null,
  quantity     integer     not null check (quantity > 0),
  recorded_at  timestamp(3) with time zone not null
);

-- Which lot's wafers went into which: parent to child, for splits and for merges alike. A lot that splits and takes its
-- child back makes a cycle of lots, though never one in time. genealogy_id is the event on the parent's side.
create table if not exists fab.lot_genealogy (
  genealogy_id  bigint      not null primary key,
  parent_lot_id varchar(24) not null,
  child_lot_id  varchar(24) not null,
  relation      varchar(12) not null check (relation in ('split', 'merge')),
  quantity      integer     not null check (quantity > 0),
  operation_id  integer     not null,
  occurred_at   timestamp(3) with time zone not null,
  check (parent_lot_id <> child_lot_id)
);
