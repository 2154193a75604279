/** What other drivers and ORMs throw, in the shapes that they throw it, by the table of our own drivers. */
import { expect, it } from "vitest";
import { ownErrorIn } from "../../lib/errors.ts";
import { DatabaseError, faultOf } from "../../lib/tidegate.ts";

const error = (fields: object, cause?: unknown) => Object.assign(new Error("…", { cause }), fields);
const pg = (code: string) => error({ code, severity: "ERROR" });

it.each([
  ["pg: a duplicate key", pg("23505"), "statement"],
  ["pg: too many clients", pg("53300"), "exhausted"],
  ["pg: an administrator's word", error({ code: "57P01", severity: "FATAL" }), "connection"],
  [
    "pg: a statement beyond its time",
    Object.assign(pg("57014"), { message: "canceling statement due to statement timeout" }),
    "timeout",
  ],
  [
    "pg: a statement that was cancelled",
    Object.assign(pg("57014"), { message: "canceling statement due to user request" }),
    "cancelled",
  ],
  ["pg: a pool without a free connection", new Error("timeout exceeded when trying to connect"), "exhausted"],
  ["pg: an answer that did not come in time", new Error("Query read timeout"), "timeout"],
  ["pg: a connection that was lost", new Error("Connection terminated unexpectedly"), "connection"],
  ["postgres.js: a connection that ended", error({ code: "CONNECTION_ENDED" }), "connection"],
  ["the network", error({ code: "ECONNREFUSED" }), "connection"],
  ["Drizzle", error({ query: "select 1" }, pg("40001")), "statement"],
  ["TypeORM", error({ driverError: pg("23503") }), "statement"],
  ["Sequelize", error({ original: pg("23505"), parent: pg("23505") }), "statement"],
  ["Objection", error({ nativeError: pg("23505") }), "statement"],
  ["Prisma: a unique constraint", error({ code: "P2002", meta: { target: ["id"] } }), "statement"],
  ["Prisma: nobody there", error({ code: "P1001" }), "connection"],
  ["Prisma: its pool", error({ code: "P2024" }), "exhausted"],
  [
    "Prisma: its adapter knows more",
    error({ code: "P2010", meta: { driverAdapterError: error({}, { originalCode: "57P03", kind: "postgres" }) } }),
    "connection",
  ],
  ["MySQL", error({ code: "ER_DUP_ENTRY", sqlState: "23000", errno: 1062 }), "statement"],
  ["Oracle", error({ code: "ORA-00001" }), "statement"],
  ["Oracle: its listener", error({ code: "NJS-511", message: "NJS-511: refused.\nCause: ORA-12516" }), "exhausted"],
  [
    "Tidegate's own, wrapped",
    error({}, new DatabaseError("timeout", "The database did not answer in time.")),
    "timeout",
  ],
  ["a raised exception of PL/pgSQL", pg("P0001"), "statement"],
])("%s", (_, thrown, fault) => {
  expect(faultOf(thrown)).toBe(fault);
});

it.each([
  ["an error of one's own", new TypeError("undefined is not a function")],
  ["a code that is no SQLSTATE", error({ code: "RETRY" })],
  ["a code of Node's for a wrong argument", error({ code: "ERR_INVALID_ARG_TYPE" })],
  ["a code of Prisma's migrations", error({ code: "P3009" })],
  ["a number", error({ code: 23505 })],
  ["nothing", undefined],
])("says nothing of what is no database's error: %s", (_, thrown) => {
  expect(faultOf(thrown)).toBeUndefined();
});

it("finds Tidegate's own error in the one that Prisma makes of its code, message and meta", () => {
  const ours = new DatabaseError("timeout", "The database did not answer in time.");
  const { code, message, meta } = ours;
  const theirs = Object.assign(new Error(message), { code, meta: { modelName: "Order", ...meta } });
  expect(ownErrorIn(theirs)).toBe(ours);
  expect(faultOf(theirs)).toBe("timeout");
});
