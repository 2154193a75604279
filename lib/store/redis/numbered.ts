/**
 * Scripts whose answers bear the number of the question. Answers of Redis belong to commands by their order alone: where
 * something on the way swallows one, every later answer is taken for that of the command before.
 */
import type { Runtime } from "../../runtime.ts";
import { type Script, scriptDigests } from "../lua/script.ts";
import { type Client, isErrorReply, isOfKind } from "./client.ts";

/** What arrived is the answer to another command, and so would be all that follows on this connection. */
export class OutOfStep extends Error {
  override readonly name = "OutOfStep";
}

export interface NumberedScripts {
  /**
   * Runs a script at most once, in one round trip once the server knows it.
   *
   * @param asking Of a slot that is just moving there.
   * @throws OutOfStep where the answer was not its own; else what the server has said, or what became of the connection.
   */
  evaluate(
    client: Pick<Client, "send">,
    script: Script,
    keys: readonly string[],
    values: readonly string[],
    asking?: boolean,
  ): Promise<unknown>;
}

/** It finds its arguments as they were given, and errors name the lines that it has. */
const numbered = (text: string): string =>
  `local number = table.remove(ARGV) local function answer() ${text}\nend return { number, answer() }`;
const NUMBER_ALONE = ["EVAL", "return { ARGV[1] }"];

/** `inStep` false: whose error it is cannot be told, since what was asked next has failed as well. */
type Outcome = { readonly answer: unknown } | { readonly error: Error; readonly inStep: boolean };

/** A command without the number, its last argument. */
interface Asked {
  readonly command: readonly string[];
  readonly key: string | undefined;
  readonly asking: boolean;
}

/** @param leadsByKey A client that has several servers, and sends to them by key. */
export function numberedScripts(runtime: Runtime, leadsByKey = false): NumberedScripts {
  const sent = new Map<Script, Script>();
  const digestOf = scriptDigests();
  // A proxy may carry several processes over one connection: none counts like another.
  let asked = Math.floor(runtime.random() * 2 ** 48);

  async function ask(client: Pick<Client, "send">, { command, key, asking }: Asked): Promise<unknown> {
    const number = String(++asked);
    // Goes before it: nothing else is sent in this turn.
    if (asking) client.send(["ASKING"]).catch(() => {});
    const found: unknown = await client.send([...command, number], key);
    const [its, answer = null] = Array.isArray(found) ? found : [found];
    if (its !== number) throw new OutOfStep("the answer to another command");
    if (isErrorReply(answer)) throw answer;
    return answer;
  }
  /** An error bears no number: whether it was the command's own, the next answer shows. */
  async function isInStep(client: Pick<Client, "send">, key: string | undefined): Promise<boolean> {
    const keys = leadsByKey && key !== undefined ? ["1", key] : ["0"];
    await ask(client, { command: [...NUMBER_ALONE, ...keys], key, asking: false });
    return true;
  }
  async function checked(client: Pick<Client, "send">, one: Asked): Promise<Outcome> {
    try {
      return { answer: await ask(client, one) };
    } catch (error) {
      if (!isErrorReply(error)) throw error;
      const inStep = await isInStep(client, one.key).catch((reason: unknown) => {
        if (reason instanceof OutOfStep) throw reason;
        return false;
      });
      return { error, inStep };
    }
  }
  return {
    async evaluate(client, script, keys, values, asking = false) {
      const one = sent.get(script) ?? { ...script, text: numbered(script.text) };
      sent.set(script, one);
      const run = (...which: readonly [command: string, script: string]) =>
        checked(client, { command: [...which, String(keys.length), ...keys, ...values], key: keys[0], asking });
      let outcome = await run("EVALSHA", await digestOf(one));
      // It has not run: the server only does not know it yet.
      const isUnknown = "error" in outcome && outcome.inStep && isOfKind(outcome.error, "NOSCRIPT");
      if (isUnknown) outcome = await run("EVAL", one.text);
      if ("error" in outcome) throw outcome.error;
      return outcome.answer;
    },
  };
}
