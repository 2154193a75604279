-- What is quicker to build over rows that are already there: secondary indexes and foreign keys, as in ../after-load.sql.
-- Each index names the endpoint it carries. Run once, on the tables of schema.sql.

-- /api/reports/wip-summary: the open states first, and everything it groups by, so that no lot row is visited.
create index fab.lots_wip on fab.lots (state, product_id, route_id, operation_id, quantity, state_since);

-- /api/trace/events: the history of some lots in order.
create index fab.lot_events_history on fab.lot_events (lot_id, occurred_at, event_id);

-- /api/reports/reject-history: a range of time carrying all that it groups by and adds up.
create index fab.rejects_range
  on fab.rejects (recorded_at, cause_code, product_id, operation_id, equipment_id, quantity);

-- /api/reports/hold-history: by time, by reason and time, and the few that are open.
create index fab.holds_range on fab.holds (placed_at, hold_id);
create index fab.holds_reason on fab.holds (reason_code, placed_at, hold_id);
create index fab.holds_open on fab.holds (released_at, placed_at, hold_id);
create index fab.holds_lot on fab.holds (lot_id, placed_at, hold_id);

-- /api/trace/lineage: down from a parent, up from a child.
create index fab.lot_genealogy_down on fab.lot_genealogy (parent_lot_id, occurred_at);
create index fab.lot_genealogy_up on fab.lot_genealogy (child_lot_id, occurred_at);

alter table fab.lots add constraint lots_product_fk foreign key (product_id) references fab.products;
alter table fab.lots add constraint lots_route_fk foreign key (route_id) references fab.routes;
alter table fab.lots add constraint lots_operation_fk foreign key (operation_id) references fab.operations;

alter table fab.lot_events add constraint lot_events_lot_fk foreign key (lot_id) references fab.lots;
alter table fab.lot_events add constraint lot_events_related_lot_fk foreign key (related_lot_id) references fab.lots;
alter table fab.lot_events add constraint lot_events_operation_fk foreign key (operation_id) references fab.operations;
alter table fab.lot_events add constraint lot_events_equipment_fk foreign key (equipment_id) references fab.equipment;
alter table fab.lot_events add constraint lot_events_reason_fk foreign key (reason_code) references fab.hold_reasons;
alter table fab.lot_events add constraint lot_events_cause_fk foreign key (cause_code) references fab.reject_causes;

alter table fab.holds add constraint holds_event_fk foreign key (hold_id) references fab.lot_events;
alter table fab.holds add constraint holds_lot_fk foreign key (lot_id) references fab.lots;
alter table fab.holds add constraint holds_operation_fk foreign key (operation_id) references fab.operations;
alter table fab.holds add constraint holds_reason_fk foreign key (reason_code) references fab.hold_reasons;

alter table fab.rejects add constraint rejects_event_fk foreign key (event_id) references fab.lot_events;
alter table fab.rejects add constraint rejects_lot_fk foreign key (lot_id) references fab.lots;
alter table fab.rejects add constraint rejects_product_fk foreign key (product_id) references fab.products;
alter table fab.rejects add constraint rejects_operation_fk foreign key (operation_id) references fab.operations;
alter table fab.rejects add constraint rejects_equipment_fk foreign key (equipment_id) references fab.equipment;
alter table fab.rejects add constraint rejects_cause_fk foreign key (cause_code) references fab.reject_causes;

alter table fab.lot_genealogy add constraint lot_genealogy_event_fk foreign key (genealogy_id) references fab.lot_events;
alter table fab.lot_genealogy add constraint lot_genealogy_parent_fk foreign key (parent_lot_id) references fab.lots;
alter table fab.lot_genealogy add constraint lot_genealogy_child_fk foreign key (child_lot_id) references fab.lots;
alter table fab.lot_genealogy add constraint lot_genealogy_operation_fk foreign key (operation_id) references fab.operations;
