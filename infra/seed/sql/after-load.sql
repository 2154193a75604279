-- What is quicker to build over rows that are already there: secondary indexes, foreign keys, statistics.
-- Each index names the endpoint it carries. Safe to run again (the foreign keys are then checked once more).

-- /api/reports/wip-summary: the open states first, and everything it groups by, so that no lot row is visited.
create index if not exists lots_wip on fab.lots (state, product_id, route_id, operation_id, quantity, state_since);

-- /api/trace/events: the history of some lots in order.
create index if not exists lot_events_history on fab.lot_events (lot_id, occurred_at, event_id);

-- /api/reports/reject-history: a range of time carrying all that it groups by and adds up.
create index if not exists rejects_range
  on fab.rejects (recorded_at, cause_code, product_id, operation_id, equipment_id, quantity);

-- /api/reports/hold-history: by time, by reason and time, and the few that are open.
create index if not exists holds_range on fab.holds (placed_at, hold_id);
create index if not exists holds_reason on fab.holds (reason_code, placed_at, hold_id);
create index if not exists holds_open on fab.holds (released_at, placed_at, hold_id);
create index if not exists holds_lot on fab.holds (lot_id, placed_at, hold_id);

-- /api/trace/lineage: down from a parent, up from a child.
create index if not exists lot_genealogy_down on fab.lot_genealogy (parent_lot_id, occurred_at);
create index if not exists lot_genealogy_up on fab.lot_genealogy (child_lot_id, occurred_at);

alter table fab.lots
  drop constraint if exists lots_product_fk,
  drop constraint if exists lots_route_fk,
  drop constraint if exists lots_operation_fk,
  add constraint lots_product_fk foreign key (product_id) references fab.products,
  add constraint lots_route_fk foreign key (route_id) references fab.routes,
  add constraint lots_operation_fk foreign key (operation_id) references fab.operations;

alter table fab.lot_events
  drop constraint if exists lot_events_lot_fk,
  drop constraint if exists lot_events_related_lot_fk,
  drop constraint if exists lot_events_operation_fk,
  drop constraint if exists lot_events_equipment_fk,
  drop constraint if exists lot_events_reason_fk,
  drop constraint if exists lot_events_cause_fk,
  add constraint lot_events_lot_fk foreign key (lot_id) references fab.lots,
  add constraint lot_events_related_lot_fk foreign key (related_lot_id) references fab.lots,
  add constraint lot_events_operation_fk foreign key (operation_id) references fab.operations,
  add constraint lot_events_equipment_fk foreign key (equipment_id) references fab.equipment,
  add constraint lot_events_reason_fk foreign key (reason_code) references fab.hold_reasons,
  add constraint lot_events_cause_fk foreign key (cause_code) references fab.reject_causes;

alter table fab.holds
  drop constraint if exists holds_event_fk,
  drop constraint if exists holds_lot_fk,
  drop constraint if exists holds_operation_fk,
  drop constraint if exists holds_reason_fk,
  add constraint holds_event_fk foreign key (hold_id) references fab.lot_events,
  add constraint holds_lot_fk foreign key (lot_id) references fab.lots,
  add constraint holds_operation_fk foreign key (operation_id) references fab.operations,
  add constraint holds_reason_fk foreign key (reason_code) references fab.hold_reasons;

alter table fab.rejects
  drop constraint if exists rejects_event_fk,
  drop constraint if exists rejects_lot_fk,
  drop constraint if exists rejects_product_fk,
  drop constraint if exists rejects_operation_fk,
  drop constraint if exists rejects_equipment_fk,
  drop constraint if exists rejects_cause_fk,
  add constraint rejects_event_fk foreign key (event_id) references fab.lot_events,
  add constraint rejects_lot_fk foreign key (lot_id) references fab.lots,
  add constraint rejects_product_fk foreign key (product_id) references fab.products,
  add constraint rejects_operation_fk foreign key (operation_id) references fab.operations,
  add constraint rejects_equipment_fk foreign key (equipment_id) references fab.equipment,
  add constraint rejects_cause_fk foreign key (cause_code) references fab.reject_causes;

alter table fab.lot_genealogy
  drop constraint if exists lot_genealogy_event_fk,
  drop constraint if exists lot_genealogy_parent_fk,
  drop constraint if exists lot_genealogy_child_fk,
  drop constraint if exists lot_genealogy_operation_fk,
  add constraint lot_genealogy_event_fk foreign key (genealogy_id) references fab.lot_events,
  add constraint lot_genealogy_parent_fk foreign key (parent_lot_id) references fab.lots,
  add constraint lot_genealogy_child_fk foreign key (child_lot_id) references fab.lots,
  add constraint lot_genealogy_operation_fk foreign key (operation_id) references fab.operations;

analyze fab.routes, fab.products, fab.operations, fab.equipment, fab.hold_reasons, fab.reject_causes,
  fab.lots, fab.lot_events, fab.holds, fab.rejects, fab.lot_genealogy;
