/** A process in virtual time: it runs, stands still, or is dead. What comes meanwhile is found when it goes on. */
import type { Runtime } from "../../lib/runtime.ts";
import { type Event, START, type VirtualClock } from "./clock.ts";

export class Process {
  readonly #clock: VirtualClock;
  #state: "runs" | "frozen" | "dead" = "runs";
  #backlog: (() => void)[] = [];
  #frozenAt = 0;
  #stopsClock = false;
  #stoodMs = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get isFrozen(): boolean {
    return this.#state === "frozen";
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  /** Now, at the thaw, or never. */
  run(task: () => void): void {
    if (this.#state === "runs") task();
    else if (this.#state === "frozen") this.#backlog.push(task);
  }

  /** @param stopsClock The monotonic clock stands still with it, as that of a suspended machine does. */
  freeze(stopsClock = false): void {
    if (this.#state !== "runs") return;
    this.#state = "frozen";
    this.#frozenAt = this.#clock.now;
    this.#stopsClock = stopsClock;
  }

  /** Timers and answers are found in any order. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "runs";
    if (this.#stopsClock) this.#stoodMs += this.#clock.now - this.#frozenAt;
    const found = this.#backlog;
    this.#backlog = [];
    for (const task of found) this.#clock.after(this.#clock.random(), () => this.run(task));
  }

  kill(): void {
    this.#state = "dead";
    this.#backlog = [];
  }

  runtime(): Runtime {
    const clock = this.#clock;
    const name = Math.floor(clock.random() * 2 ** 32).toString(16);
    let uuids = 0;
    return {
      wallMs: () => START + clock.now,
      monotonicMs: () => clock.now - this.#stoodMs,
      setTimer: (task, ms) => {
        const timer: Event = clock.after(ms, () => this.run(() => timer.dead || task()));
        return timer;
      },
      clearTimer: (timer) => {
        if (timer) (timer as Event).dead = true;
      },
      endOfTurn: (task) => void clock.after(0, () => this.run(task)),
      random: () => clock.random(),
      uuid: () => `${name}-${uuids++}`,
      fetch: () => Promise.reject(new Error("a simulated process has no network of its own")),
    };
  }
}
