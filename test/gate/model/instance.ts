/** One instance, keeping its side of the protocol: marks, openings, endings repeated until they are acknowledged. */
import type { Admit, Adopt, Batch, Cancel, Command, Opening, Settle } from "../../../lib/gate/commands.ts";
import type { BatchReply } from "../../../lib/gate/replies.ts";
import type { Lane, Outcome } from "../../../lib/gate/types.ts";
import { ABOUT } from "../../support/gate.ts";

interface Call {
  readonly id: string;
  readonly lane: Lane;
  readonly deadlineMs: number;
  readonly waitUntil: number;
  state: "asking" | "waiting" | "holding";
  expiresAt: number;
}
export interface Carried {
  readonly batch: Omit<Batch, "config">;
  readonly from: ModelInstance;
}

export class ModelInstance {
  readonly name: string;
  #next = 1;
  readonly calls = new Map<string, Call>();
  readonly #endings = new Map<string, Settle | Cancel>();
  #rare: Command[] = [];
  #firstLife: number | null = null;
  #life: number | null = null;
  #opens: Opening | null;
  #numbers = { generation: 0, overrideVersion: 0 };
  /** What it heard of the breaker and the override, to bring along into a new life. */
  readonly #known: Pick<Adopt, "openMs" | "override">;

  constructor(name: string, known: Pick<Adopt, "openMs" | "override">) {
    this.name = name;
    this.#known = known;
    this.#opens = { life: null, ...this.#numbers, about: ABOUT };
  }

  get overrideVersion(): number {
    return this.#numbers.overrideVersion;
  }

  call(now: number, { lane, deadlineMs, waitMs }: Pick<Admit, "lane" | "deadlineMs" | "waitMs">): void {
    const id = `${this.name}.${this.#next++}`;
    this.calls.set(id, { id, lane, deadlineMs, waitUntil: now + waitMs, state: "asking", expiresAt: 0 });
  }

  /** Ends a permit it holds; gives up what it has only asked for. */
  end(pick: number, outcome: Outcome | null, slow: boolean): void {
    const call = [...this.calls.values()].at(pick % Math.max(1, this.calls.size));
    if (!call) return;
    const { id } = call;
    const settles = outcome !== null && call.state === "holding";
    this.#endings.set(id, settles ? { kind: "settle", id, outcome, slow } : { kind: "cancel", id });
    this.calls.delete(id);
  }

  also(command: Command): void {
    this.#rare.push(command);
  }

  /** Everything that is not acknowledged, settles first. */
  batch(now: number, jitter: number, refusedLocally: number): Carried {
    const asks = [...this.calls.values()].filter(({ state }) => state !== "holding");
    const adopts: Adopt[] = this.#opens?.life ? [this.#adopt(now)] : [];
    const admits = asks.map(
      ({ id, lane, deadlineMs, waitUntil }): Admit => ({
        kind: "admit",
        id,
        lane,
        deadlineMs,
        waitMs: Math.max(0, waitUntil - now),
      }),
    );
    const commands = [...adopts, ...this.#endings.values(), ...this.#rare, ...admits];
    this.#rare = [];
    const unanswered = asks.filter(({ state }) => state === "asking").map(({ id }) => numberIn(id));
    const doneBelow = Math.min(this.#next, ...unanswered);
    const batch = { session: this.name, opens: this.#opens, doneBelow, jitter, refusedLocally, commands };
    return { batch, from: this };
  }

  #adopt(now: number): Adopt {
    const held = [...this.calls.values()].filter(({ state, expiresAt }) => state === "holding" && expiresAt > now);
    const permits = held.map(({ id, lane, expiresAt }) => ({ id, lane, remainingMs: expiresAt - now }));
    return { kind: "adopt", permits, ...this.#known };
  }

  hear(now: number, { commands, opens }: Carried["batch"], reply: BatchReply): void {
    if (this.#life !== null && reply.life < this.#life) return;
    const news = reply.life !== this.#life;
    this.#life = reply.life;
    this.#firstLife ??= reply.known ? reply.life : null;
    if (reply.known) this.#heard(now, commands, opens, reply, news);
    else this.#openAgain(reply.life);
  }

  #heard(
    now: number,
    commands: readonly Command[],
    opens: Opening | null,
    reply: BatchReply & { known: true },
    news: boolean,
  ): void {
    const { generation, overrideVersion } = reply;
    this.#numbers = {
      generation: Math.max(generation, this.#numbers.generation),
      overrideVersion: Math.max(overrideVersion, this.#numbers.overrideVersion),
    };
    if (this.#opens === opens) this.#opens = null;
    if (news && reply.life !== this.#firstLife && opens?.life !== reply.life) this.#openAgain(reply.life);
    for (const [n, command] of commands.entries()) {
      const answer = reply.replies[n];
      if (command.kind === "admit" && answer) this.#answered(now, command, answer);
      if ("id" in command && this.#endings.get(command.id) === command) this.#endings.delete(command.id);
    }
  }

  #answered(now: number, { id }: Admit, answer: (BatchReply & { known: true })["replies"][number]): void {
    const call = this.calls.get(id);
    if (!call || call.state === "holding") return;
    if (answer.kind === "permit") Object.assign(call, { state: "holding", expiresAt: now + answer.remainingMs });
    else if (answer.kind === "place") call.state = "waiting";
    else this.calls.delete(id);
  }

  /** Nothing asked before counts in the life that it opens a session in. */
  #openAgain(life: number): void {
    for (const { id, state } of this.calls.values()) if (state !== "holding") this.calls.delete(id);
    this.#opens = { life, ...this.#numbers, about: ABOUT };
  }
}

export const numberIn = (id: string): number => Number(id.split(".")[1]);
