/** The words in which an address is described: what its code does not say itself. */
import type * as v from "valibot";
import { success } from "../../lib/contract/envelope.ts";
import type { Problem } from "./problems.ts";

export const TAGS = {
  Health: "For monitors, balancers and platforms.",
  Operators: "For people who look after the service, and for what does so in their name.",
  Reports: "The plant as a whole, in the `request` lane.",
  Traces: "Single lots, in the `slow` lane.",
  Pages: "For browsers, and for who reads descriptions such as this one.",
} as const;

/** Who is let in: `admin` with a token, a login of the platform or a session, `monitor` also with its own token. */
export type Access = "admin" | "monitor" | "cron";

export interface Answer {
  readonly description: string;
  readonly headers?: readonly string[];
  /** By content type; null for what is no JSON. */
  readonly content: Readonly<Record<string, v.GenericSchema | null>>;
}

export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly tag: keyof typeof TAGS;
  readonly access?: Access;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beside those of every address. */
  readonly problems?: readonly Problem[];
  /** Of the body. */
  readonly example?: object;
  readonly idempotent?: true;
}

/** By method and path, such as `GET /health`. */
export type Operations = Readonly<Record<string, Operation>>;

export const json = (description: string, schema: v.GenericSchema): Answer => ({
  description,
  content: { "application/json": schema },
});

export const enveloped = (description: string, data: v.GenericSchema): Answer => json(description, success(data));

export const text = (type: string, description: string, headers: readonly string[] = []): Answer => ({
  description,
  headers,
  content: { [type]: null },
});
