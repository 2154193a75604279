/** Counts what happened, so that a model in which nothing happens cannot pass. */
import type { Batch } from "../../../lib/gate/commands.ts";
import type { Step } from "../../../lib/gate/step.ts";

/** Everything a gate can answer, refuse and report. */
export const EVERYTHING = [
  ...["unknown", "permit", "probe", "place", "ended", "ended: not alive", "operated", "view", "wake"],
  ...["adopted", "adopted: spent", "unchanged: stale", "unchanged: repeated"],
  ...["adopting", "forced", "open", "spent", "probing", "full"].map((reason) => `refused: ${reason}`),
  ...["failure_rate", "slow_rate", "failure_run", "probe_failed", "open_period_over", "probes_succeeded"],
  ...["override", "override_ended", "adopted"].map((cause) => `transition: ${cause}`),
  ...["would_open", "life", "override", "permit from a ticket", "permit repeated"],
];

export class Coverage {
  steps = 0;
  readonly #counts = new Map<string, number>();
  #tickets = new Set<string>();
  #permits = new Set<string>();

  count({ commands }: Batch, { reply, wake, events }: Pick<Step, "reply" | "wake" | "events">): void {
    this.steps++;
    if (!reply.known) this.#add("unknown");
    if (wake.length > 0) this.#add("wake");
    for (const event of events) {
      if (event.kind !== "transition") this.#add(event.kind);
      else this.#add(SHARED.has(event.cause) ? `transition: ${event.cause}` : event.cause);
    }
    if (reply.known) for (const [n, one] of reply.replies.entries()) this.#reply(one, commands[n]);
  }

  #reply(reply: (Step["reply"] & { known: true })["replies"][number], command: Batch["commands"][number] | undefined) {
    const id = command && "id" in command ? command.id : "";
    if (reply.kind === "refused" || reply.kind === "unchanged") return this.#add(`${reply.kind}: ${reply.reason}`);
    if (reply.kind === "ended") return this.#add(reply.alive ? "ended" : "ended: not alive");
    this.#add(reply.kind);
    if (reply.kind === "adopted" && reply.spent.length > 0) this.#add("adopted: spent");
    if (reply.kind === "place") this.#tickets.add(id);
    if (reply.kind !== "permit") return;
    if (reply.probe) this.#add("probe");
    if (this.#tickets.delete(id)) this.#add("permit from a ticket");
    if (this.#permits.has(id)) this.#add("permit repeated");
    this.#permits.add(id);
  }

  /** Instances are named alike in every run. */
  nextRun(): void {
    this.#tickets.clear();
    this.#permits.clear();
  }

  #add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** What occurred less often than that, with how often it did. */
  rarerThan(least: number): string[] {
    const rare = EVERYTHING.filter((what) => (this.#counts.get(what) ?? 0) < least);
    return rare.map((what) => `${what}: ${this.#counts.get(what) ?? 0}`);
  }

  toString(): string {
    return EVERYTHING.map((what) => `${what} ${this.#counts.get(what) ?? 0}`).join(", ");
  }
}

const SHARED = new Set<string>(["override", "override_ended", "adopted"]);
