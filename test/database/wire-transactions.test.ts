/** Statements that leave something in their session, told by their words. */
import { expect, test } from "vitest";
import { leavesBehind } from "../../lib/database/wire/transactions.ts";

test.each([
  "select pg_advisory_lock(1)",
  "SELECT pg_try_advisory_lock_shared (1, 2)",
  "create temp table x (i int)",
  "CREATE LOCAL TEMPORARY TABLE x as select 1",
  "create or replace temp view v as select 1",
  "select 1 as i into temp x from y",
  'select * into temporary table "x" from y',
  "select set_config('a', 'b', false)",
  "select set_config($1, $2, $3)",
  "select set_config('a', 'x, y', true), set_config('b', 'c', false)",
  "select set_config('a', coalesce('b', ''), false)",
  "declare c cursor with hold for select 1",
])("%s leaves something behind", (text) => {
  expect(leavesBehind(text)).toBe(true);
});

test.each([
  "select pg_advisory_xact_lock(1)",
  "select pg_advisory_unlock(1)",
  "create temp table x (i int) on commit drop",
  "insert into temp (a) values (1)",
  "insert into temp values (1)",
  "merge into temp using x on true when matched then delete",
  "select temporary from temp",
  "select set_config('a', 'b', true)",
  "select set_config('a, true)', coalesce($1, 'x'), true)",
  "select set_config('a', 'b', is_local => true)",
  "declare c cursor for select 1",
  "update t set a = 1",
])("%s leaves nothing behind", (text) => {
  expect(leavesBehind(text)).toBe(false);
});
