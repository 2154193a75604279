/**
 * Every event of the log, in one table: its level, its fields, what it means and what to do. What logs goes by it
 * through {@link EventLog}, whose types are made of the table, so that an event that is not in it does not compile, nor
 * one at another level or with other fields. `npm run generate` makes the tables of docs/operating/logs.md of it. No
 * program carries the table itself: here are types, and what pages are made of.
 *
 * `events/` has a part of the table each, as the page has: `requests`, `gates`, `kept`, `restarts`, `processes`,
 * `workers` and `settings`.
 */
import { GATES } from "./events/gates.ts";
import { KEPT } from "./events/kept.ts";
import { PROCESSES } from "./events/processes.ts";
import { REQUESTS } from "./events/requests.ts";
import { RESTARTS } from "./events/restarts.ts";
import { SETTINGS } from "./events/settings.ts";
import { WORKERS } from "./events/workers.ts";
import type { LogLevel } from "./port.ts";

/** An event at one level; what is told at two of them has two rows. */
export interface EventRow {
  /** `thing.happened`: people search for it. */
  readonly event: `${string}.${string}`;
  /** `any`: at the level of what it stands for. */
  readonly level: LogLevel | "any";
  /** Names with blanks between them; one with `?` is not always there. */
  readonly fields: string;
  /** What has happened, and what to do. In Markdown. */
  readonly meaning: string;
}

/** By the heads of the page. */
export interface Events {
  readonly requests: typeof REQUESTS;
  readonly gates: typeof GATES;
  readonly kept: typeof KEPT;
  readonly restarts: typeof RESTARTS;
  readonly processes: typeof PROCESSES;
  readonly workers: typeof WORKERS;
  readonly settings: typeof SETTINGS;
}

export const EVENTS: Events = {
  requests: REQUESTS,
  gates: GATES,
  kept: KEPT,
  restarts: RESTARTS,
  processes: PROCESSES,
  workers: WORKERS,
  settings: SETTINGS,
} satisfies Readonly<Record<string, readonly EventRow[]>>;

type Row = Events[keyof Events][number];
type RowsAt<Level extends LogLevel> = Extract<Row, { readonly level: Level | "any" }>;
type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;
type Needed<Name extends string> = Name extends "" | `${string}?` ? never : Name;
type Possible<Name extends string> = Name extends `${infer Plain}?` ? Plain : never;

/** What an event may be at a level. */
export type EventAt<Level extends LogLevel> = RowsAt<Level>["event"];

type NamesOf<Level extends LogLevel, Event> = Words<
  Extract<RowsAt<Level>, { readonly event: Event extends string ? Event : never }>["fields"]
>;
type FieldsOf<Level extends LogLevel, Event> = { readonly [Name in Needed<NamesOf<Level, Event>>]: unknown } & {
  readonly [Name in Possible<NamesOf<Level, Event>>]?: unknown;
};
type Others<Given, Known> = { readonly [Name in Exclude<keyof Given, keyof Known>]: never };

/** Writes an event of the table: those at this level, each with all of its fields and no others. */
type Tell<Level extends LogLevel> = <Event extends EventAt<Level>, Given extends FieldsOf<Level, Event>>(
  event: Event,
  fields: Given & Others<Given, FieldsOf<Level, Event>>,
) => void;

/** The log as Tidegate's own code writes to it. It is the same object as a `Log`, which takes any. */
export interface EventLog {
  readonly debug: Tell<"debug">;
  readonly info: Tell<"info">;
  readonly warn: Tell<"warn">;
  readonly error: Tell<"error">;
}
