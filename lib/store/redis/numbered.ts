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
   * @param args How many keys, the keys, the values.
   * @throws OutOfStep where the answer was not its own; else what the server has said, or what became of the connection.
   */
  evaluate(client: Client, script: Script, args: readonly string[]): Promise<unknown>;
}

/** It finds its arguments as they were given, and errors name the lines that it has. */
const numbered = (text: string): string =>
  `local number = table.remove(ARGV) local function answer() ${text}\nend return { number, answer() }`;
const NUMBER_ALONE = ["EVAL", "return { ARGV[1] }", "0"];

/** `inStep` false: whose error it is cannot be told, since what was asked next has failed as well. */
type Outcome = { readonly answer: unknown } | { readonly error: Error; readonly inStep: boolean };

export function numberedScripts(runtime: Runtime): NumberedScripts {
  const sent = new Map<Script, Script>();
  const digestOf = scriptDigests();
  // A proxy may carry several processes over one connection: none counts like another.
  let asked = Math.floor(runtime.random() * 2 ** 48);

  /** @param command All but the number, its last argument. */
  async function ask(client: Client, command: readonly string[]): Promise<unknown> {
    const number = String(++asked);
    const found: unknown = await client.sendCommand([...command, number]);
    const [its, answer = null] = Array.isArray(found) ? found : [found];
    if (its !== number) throw new OutOfStep("the answer to another command");
    if (isErrorReply(answer)) throw answer;
    return answer;
  }
  /** An error bears no number: whether it was the command's own, the next answer shows. */
  async function isInStep(client: Client): Promise<boolean> {
    await ask(client, NUMBER_ALONE);
    return true;
  }
  async function checked(client: Client, command: readonly string[]): Promise<Outcome> {
    try {
      return { answer: await ask(client, command) };
    } catch (error) {
      if (!isErrorReply(error)) throw error;
      const inStep = await isInStep(client).catch((reason: unknown) => {
        if (reason instanceof OutOfStep) throw reason;
        return false;
      });
      return { error, inStep };
    }
  }
  return {
    async evaluate(client, script, args) {
      const one = sent.get(script) ?? { ...script, text: numbered(script.text) };
      sent.set(script, one);
      let outcome = await checked(client, ["EVALSHA", await digestOf(one), ...args]);
      // It has not run: the server only does not know it yet.
      const isUnknown = "error" in outcome && outcome.inStep && isOfKind(outcome.error, "NOSCRIPT");
      if (isUnknown) outcome = await checked(client, ["EVAL", one.text, ...args]);
      if ("error" in outcome) throw outcome.error;
      return outcome.answer;
    },
  };
}
