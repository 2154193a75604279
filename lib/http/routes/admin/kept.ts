/** `POST /admin/api/kept/forget`: an operator ends what is kept before its time. */
import * as v from "valibot";
import type { Forgotten } from "../../../contract/kept.ts";
import type { Forget } from "../../../kept/forgetting.ts";
import type { Kept } from "../../../kept/kept.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import { jsonObject } from "./body.ts";
import type { Caller } from "./restart.ts";
import { spoken, wordEntry, wordReason } from "./word.ts";

const FORGET_BY = ["key", "tag", "prefix"] as const satisfies readonly Forgotten["by"][];
/** As long as an address may be here. */
const LONGEST_CHARACTERS = 4_096;

// An empty one would be the beginning of everything.
const some = v.optional(
  v.pipe(
    v.string("a text"),
    v.nonEmpty("a text that is not empty"),
    v.maxLength(LONGEST_CHARACTERS, `at most ${LONGEST_CHARACTERS} characters`),
  ),
);

export interface ForgetBody {
  readonly key?: string | undefined;
  readonly tag?: string | undefined;
  readonly prefix?: string | undefined;
  readonly reason: string;
}

const given = (body: ForgetBody) => FORGET_BY.filter((by) => body[by] !== undefined);

export const forgetBody: v.GenericSchema<unknown, ForgetBody> = jsonObject(
  v.pipe(
    v.strictObject({ key: some, tag: some, prefix: some, reason: wordReason }),
    v.check((body) => given(body).length === 1, "one of key, tag and prefix, and no more"),
  ),
);

export async function forget(
  kept: Pick<Kept, "forget">,
  body: ForgetBody,
  caller: Caller,
  audit: Recovery["audit"],
): Promise<Forgotten> {
  const [by = "key"] = given(body);
  const value = body[by] ?? "";
  const word = { action: "kept.forget", decision: by, subject: value, reason: body.reason };
  await spoken(
    {
      entry: wordEntry(word, caller),
      outcomeAction: "kept.outcome",
      outcomeOf: () => "forgotten",
      speak: () => kept.forget({ [by]: value } as Forget),
      undone: "Nothing is known to be forgotten",
    },
    audit,
  );
  return { by, value };
}
