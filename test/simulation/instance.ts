/** One instance: a process, the real gate client in it, and calls on the database as the guard makes them. */
import { createGateClient } from "../../lib/guard/gate-client/client.ts";
import type { Entry, Pass } from "../../lib/guard/gate-client/port.ts";
import type { GuardRules } from "../../lib/guard/rules.ts";
import { createShared } from "../../lib/guard/shared.ts";
import type { VirtualClock } from "./clock.ts";
import type { Database } from "./database.ts";
import type { Link, Network } from "./network.ts";
import { Process } from "./process.ts";
import { ABOUT, CONNECT_TIMEOUT_MS, type Setting } from "./setting.ts";

export type Fate = "done" | "failed" | "refused";

export interface Instance {
  readonly process: Process;
  readonly link: Link;
  /** @param begins Told when the statement is sent. @param ends Told when the caller is answered. */
  readonly call: (begins: () => void, ends: (fate: Fate) => void) => void;
  readonly ping: () => void;
  /** Takes no calls any more, lets those end that run, and gives everything back. */
  readonly leave: () => void;
  /** Ended calls, as far as this process has told its client. */
  readonly told: () => number;
}

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly database: Database;
  readonly setting: Setting;
  readonly rules: GuardRules;
  /** Somebody should look after the database: at most one ping in 5 s for the fleet. */
  readonly isTimeToPing: () => boolean;
  readonly onAway: () => void;
  /** A statement was sent after the end of the lease that its call had begun by. Rule 4. */
  readonly onLate: () => void;
}

export function createInstance(around: Surroundings): Instance {
  const { clock, network, database, setting, rules } = around;
  const process = new Process(clock);
  const runtime = process.runtime();
  let requests = 0;
  let told = 0;
  let leaving = false;

  /** Between its requests, once what it has sent is answered, the platform freezes it. */
  const rest = () => {
    if (!setting.freezes) return;
    clock.after(0, () => requests === 0 && link.outstanding() === 0 && process.freeze(true));
  };
  const link = network.link(process, rest);
  const log = {
    ...{ debug() {}, info() {}, error() {} },
    warn: (event: string) => event === "store.away" && around.onAway(),
  };
  const { store } = link;
  const client = createGateClient({
    ...{ name: "main", store, key: "main", rules, about: ABOUT, runtime, log },
    shared: createShared({ store, runtime, log }),
    refusing: () => around.isTimeToPing() && ping(),
  });
  const enter = (lane: "request" | "health", deadlineMs: number, begin: (entry: Entry) => void) => {
    const waitUntil = runtime.monotonicMs() + setting.patienceMs;
    const entered = client.enter({ lane, deadlineMs, waitUntil, signal: undefined, refusedAs: "full" });
    if (entered instanceof Promise) void entered.then(begin);
    else begin(entered);
  };

  function ping(): void {
    requests += 1;
    const over = () => {
      requests -= 1;
      rest();
    };
    enter("health", rules.gate.deadlineMs.health, (entry) => {
      if (entry.kind === "refusal") return over();
      database.ping((isOk) =>
        process.run(() => {
          entry.end({ outcome: isOk ? "success" : "failure", slow: false, ranMs: 1 });
          over();
        }),
      );
    });
  }

  function call(begins: () => void, ends: (fate: Fate) => void): void {
    requests += 1;
    const over = (fate: Fate) => {
      requests -= 1;
      ends(fate);
      rest();
      if (leaving && requests === 0) void client.leave();
    };
    enter("request", setting.deadlineMs, (entry) => {
      if (entry.kind === "refusal") return over("refused");
      const connectMs = clock.happens(setting.connects) ? clock.random() * CONNECT_TIMEOUT_MS : 0;
      // By its lease it had to begin now; connecting may take as long again as it may.
      const byMs = link.leasedUntil() + (connectMs > 0 ? CONNECT_TIMEOUT_MS : 0);
      const send = () => query(entry, byMs, begins, over);
      if (connectMs > 0) clock.after(connectMs, () => process.run(send));
      else send();
    });
  }

  function query(pass: Pass, leasedUntil: number, begins: () => void, over: (fate: Fate) => void): void {
    told += 1;
    if (runtime.monotonicMs() >= pass.startBy || runtime.wallMs() >= pass.startByWallMs) {
      pass.end({ outcome: "ignored", slow: false, ranMs: 0 });
      over("refused");
      return;
    }
    if (setting.fallback === "closed" && clock.now > leasedUntil) around.onLate();
    begins();
    database.run(link.probes(), pass.deadlineMs, (isOk, ranMs) =>
      process.run(() => {
        pass.end({ outcome: isOk ? "success" : "failure", slow: false, ranMs });
        over(isOk ? "done" : "failed");
      }),
    );
  }

  return {
    ...{ process, link, told: () => told },
    ping: () => {
      if (setting.freezes) process.thaw();
      process.run(ping);
    },
    call: (begins, ends) => {
      if (setting.freezes) process.thaw();
      process.run(() => call(begins, ends));
    },
    leave: () =>
      process.run(() => {
        leaving = true;
        client.close();
        if (requests === 0) void client.leave();
      }),
  };
}
