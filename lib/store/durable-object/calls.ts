/** What an object can be asked: JSON there and back, in which any text survives, half a surrogate pair included. */
import type { Renewal } from "../../gate/renewal.ts";
import type { Step } from "../../gate/step.ts";
import { InvalidRenewal } from "../../gate/validate.ts";
import type { LoadedState } from "../compare-and-set.ts";
import type { KvEntry } from "../port.ts";

/** Each object is asked for one thing all its life: it hosts a gate, or keeps a state, a value or a log. */
export interface Calls {
  readonly gate: { given: { readonly renewal: Renewal }; answer: Step };
  readonly loadState: { given: object; answer: LoadedState };
  readonly storeState: { given: { mark: string; nextMark: string; saved: string }; answer: boolean };
  readonly getValue: { given: object; answer: KvEntry | null };
  readonly setValue: { given: { value: string; ttlMs: number }; answer: null };
  readonly append: { given: { record: string; expectedHead: number }; answer: { appended: boolean; head: number } };
  readonly read: {
    given: { before: number; limit: number };
    answer: readonly { readonly position: number; readonly record: string }[];
  };
}

export type CallName = keyof Calls;
export type Given<Name extends CallName> = Calls[Name]["given"];
export type Answer<Name extends CallName> = Calls[Name]["answer"];

/** A call on its way. */
export type Call = { readonly [Name in CallName]: { readonly call: Name } & Given<Name> }[CallName];

type Reply = { readonly answer: unknown } | { readonly refused: string; readonly invalid: boolean };

export const encodeAnswer = (answer: unknown): string => JSON.stringify({ answer } satisfies Reply);

/** What the object itself has thrown; what the platform throws at a stub comes without it. */
export const encodeError = (error: unknown): string => {
  const refused = error instanceof Error ? error.message : String(error);
  return JSON.stringify({ refused, invalid: error instanceof InvalidRenewal } satisfies Reply);
};

/** @throws What the object has thrown; SyntaxError where the text is no answer of an object of ours. */
export function decodeAnswer(text: string): unknown {
  const reply = JSON.parse(text) as Reply;
  if ("answer" in reply) return reply.answer;
  if (reply.invalid) throw new InvalidRenewal(reply.refused);
  throw new Error(reply.refused);
}
