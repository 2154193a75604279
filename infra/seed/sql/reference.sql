-- What the plant is: routes, products, operations, equipment, reasons and causes. The same at every scale.
-- Safe to run again.

-- The seed's only source of variety: a number below 2^31 from three others. Arithmetic, because random() cannot be
-- repeated and the built-in hash functions are free to differ between versions of PostgreSQL; squared, because a product
-- alone leaves neighbours so alike that the shares below come out wrong.
create or replace function fab.seed_hash(a bigint, b bigint, c bigint) returns integer
  language sql immutable parallel safe
  as 'select cast(
        ((a * 73856093 + b * 19349663 + c * 83492791) % 2147483647)
      * ((a * 73856093 + b * 19349663 + c * 83492791) % 2147483647)
      % 2147483647 * 48271 % 1899999979 * 69621 % 1610612711 as integer)';

insert into fab.routes (route_id, route_code, route_name) values
  (1, 'LOGIC-28', 'Logic, 28 nm'),
  (2, 'BCD-180', 'Power management, 180 nm BCD'),
  (3, 'ANALOG-350', 'Analogue, 350 nm'),
  (4, 'CIS-65', 'Image sensors, 65 nm')
on conflict do nothing;

-- The order is the demand: the seed starts far more lots of the first products than of the last.
insert into fab.products (product_id, product_code, product_name, route_id, dice_per_wafer) values
  (1, 'AX100', 'Application processor', 1, 520),
  (2, 'AX120', 'Application processor, low power', 1, 610),
  (3, 'PM310', 'Power management, automotive', 2, 1450),
  (4, 'IS640', 'Image sensor, 64 megapixel', 4, 380),
  (5, 'PM350', 'Battery charger', 2, 1800),
  (6, 'AN210', 'Operational amplifier, quad', 3, 4200),
  (7, 'IS320', 'Image sensor, 32 megapixel', 4, 640),
  (8, 'AX200', 'Network processor', 1, 240),
  (9, 'AN260', 'Data converter, 16 bit', 3, 2100),
  (10, 'PM400', 'Motor driver', 2, 960),
  (11, 'IS080', 'Image sensor, 8 megapixel', 4, 1900),
  (12, 'AN290', 'Voltage reference', 3, 5600)
on conflict do nothing;

-- Each route as the string of its steps. An operation's code is the kind of work and how often it has come by then.
insert into fab.operations (operation_id, route_id, step_no, operation_code, work_center, standard_hours)
select route.route_id * 100 + step.step_no,
       route.route_id,
       step.step_no,
       step.kind || '-' || lpad(cast(row_number() over (
         partition by route.route_id, step.kind order by step.step_no) as varchar), 2, '0'),
       work.work_center,
       work.standard_hours
from (values
  (1, 'CLEAN OXIDE PHOTO ETCH IMPLANT ANNEAL DEPOSIT PHOTO ETCH IMPLANT ANNEAL POLISH INSPECT '
   || 'DEPOSIT PHOTO ETCH METAL POLISH DEPOSIT PHOTO ETCH METAL POLISH INSPECT PASSIVATE PROBE'),
  (2, 'CLEAN OXIDE PHOTO IMPLANT ANNEAL OXIDE PHOTO ETCH IMPLANT ANNEAL INSPECT '
   || 'DEPOSIT PHOTO ETCH METAL POLISH METAL ETCH INSPECT GRIND PASSIVATE PROBE'),
  (3, 'CLEAN OXIDE PHOTO ETCH IMPLANT ANNEAL DEPOSIT PHOTO ETCH IMPLANT INSPECT '
   || 'OXIDE PHOTO ETCH METAL PHOTO ETCH INSPECT PASSIVATE PROBE'),
  (4, 'CLEAN OXIDE PHOTO ETCH IMPLANT ANNEAL PHOTO IMPLANT ANNEAL DEPOSIT PHOTO ETCH INSPECT '
   || 'METAL POLISH DEPOSIT PHOTO ETCH METAL POLISH GRIND FILTER INSPECT PROBE')
) as route (route_id, steps)
cross join lateral unnest(string_to_array(route.steps, ' ')) with ordinality as step (kind, step_no)
join (values
  ('CLEAN', 'WET', 20), ('OXIDE', 'FURNACE', 46), ('PHOTO', 'LITHO', 52), ('ETCH', 'DRY-ETCH', 38),
  ('IMPLANT', 'IMPLANT', 34), ('ANNEAL', 'FURNACE', 40), ('DEPOSIT', 'CVD', 36), ('POLISH', 'CMP', 30),
  ('METAL', 'PVD', 34), ('INSPECT', 'METROLOGY', 18), ('GRIND', 'BACKGRIND', 26), ('FILTER', 'LITHO', 48),
  ('PASSIVATE', 'CVD', 36), ('PROBE', 'PROBE', 44)
) as work (kind, work_center, standard_hours) on work.kind = step.kind
on conflict do nothing;

insert into fab.equipment (equipment_id, equipment_code, work_center, unit_no)
select center.first_id + unit_no, center.prefix || '-' || lpad(cast(unit_no as varchar), 2, '0'),
       center.work_center, unit_no
from (values
  (100, 'WET', 'WET', 4), (120, 'FUR', 'FURNACE', 8), (140, 'LIT', 'LITHO', 10), (160, 'ETC', 'DRY-ETCH', 9),
  (180, 'IMP', 'IMPLANT', 5), (200, 'CVD', 'CVD', 7), (220, 'CMP', 'CMP', 5), (240, 'PVD', 'PVD', 5),
  (260, 'MET', 'METROLOGY', 6), (280, 'GRD', 'BACKGRIND', 2), (300, 'PRB', 'PROBE', 6)
) as center (first_id, prefix, work_center, units)
cross join lateral generate_series(1, center.units) as unit_no
on conflict do nothing;

insert into fab.hold_reasons (reason_code, reason_name) values
  ('SPC', 'Control chart out of limits'),
  ('PARTICLE', 'Particle count too high'),
  ('RECIPE', 'Recipe or reticle mismatch'),
  ('ENG', 'Engineering evaluation'),
  ('CUSTOMER', 'Waiting for the customer''s decision'),
  ('TOOL', 'Tool alarm during the run'),
  ('MATERIAL', 'Material or gas lot under suspicion'),
  ('YIELD', 'Yield below the limit')
on conflict do nothing;

insert into fab.reject_causes (cause_code, cause_name) values
  ('PARTICLE', 'Particle contamination'),
  ('OVERLAY', 'Overlay error'),
  ('CD', 'Critical dimension out of limits'),
  ('SCRATCH', 'Mechanical scratch'),
  ('RESIDUE', 'Resist or etch residue'),
  ('VOID', 'Metal void'),
  ('LEAKAGE', 'Leakage current'),
  ('THICKNESS', 'Film thickness'),
  ('CRACK', 'Die crack'),
  ('OTHER', 'Other')
on conflict do nothing;
