/** A statement as a span, by the semantic conventions of databases, whoever's driver it is asked by. */
import { type Database, DatabaseError } from "../database/port.ts";
import type { Lane } from "../gate/types.ts";
import type { Attributes, Span, SpanOptions, Tracing } from "./port.ts";
import { errorTypeOf } from "./span.ts";
import type { StatementText } from "./statement-text.ts";

const SYSTEMS = { postgres: "postgresql", pglite: "postgresql", oracle: "oracle.db", none: "postgresql" } as const;

/** As the conventions call it. Applications that bring connections of their own have PostgreSQL. */
export const systemOf = ({ kind }: Pick<Database, "kind">): string => SYSTEMS[kind];

/** Of the first of several hosts: `postgres://host:port/name`, as addresses are for people. */
const PLACE = /^\w+:\/\/(\[[^\]]+\]|[^:,/]*)(?::(\d+))?[^/]*\/?(.*)$/;

/** What all statements of one database have in common. */
export function databaseAttributes({ kind, address }: Pick<Database, "kind" | "address">): Attributes {
  const [, host = "", port, name = ""] = PLACE.exec(address) ?? [];
  return {
    "db.system.name": systemOf({ kind }),
    ...(name !== "" && { "db.namespace": name }),
    ...(host !== "" && { "server.address": host.replace(/^\[|\]$/g, "") }),
    ...(port !== undefined && { "server.port": Number(port) }),
  };
}

/** Begins a statement's span, where tracing is on. */
export type BeginStatement = (tracing: Tracing, lane: Lane, text: StatementText) => Span;

/** For one database. What is said of a text is made once, however often that is asked. */
export function statementSpans(database: Attributes): BeginStatement {
  const known = new WeakMap<StatementText, Partial<Record<Lane, SpanOptions>>>();
  const optionsFor = ({ operation, text }: StatementText, lane: Lane): SpanOptions => ({
    kind: "client",
    attributes: {
      ...database,
      ...(operation !== undefined && { "db.operation.name": operation }),
      "db.query.text": text,
      "tidegate.lane": lane,
    },
  });
  return (tracing, lane, text) => {
    const lanes = known.get(text) ?? {};
    if (lanes[lane] === undefined) {
      lanes[lane] = optionsFor(text, lane);
      known.set(text, lanes);
    }
    return tracing.begin(text.operation ?? String(database["db.system.name"]), lanes[lane]);
  };
}

export function failStatement(span: Span, error: unknown): void {
  const code = error instanceof DatabaseError ? error.vendorCode : (error as { code?: unknown } | null)?.code;
  // Of the server: SQLSTATE, or Oracle's. `EPIPE` and its kin are no answer.
  if (typeof code === "string" && /^(?:(?=.*\d)[0-9A-Z]{5}|ORA-\d+)$/.test(code))
    span.set({ "db.response.status_code": code });
  span.fail(errorTypeOf(error));
}

/** Ends with `running`, beside the way of its answer. */
export function endWith(span: Span, running: Promise<unknown>): void {
  running.then(
    () => span.end(),
    (error: unknown) => {
      failStatement(span, error);
      span.end();
    },
  );
}
