/** What console and `worker/status` say would become of a restart is what becomes of it. */
import { describe, expect, test } from "vitest";
import { findingOf } from "../../lib/cli/commands/status.ts";
import type { WorkerStatus } from "../../lib/contract/restarts.ts";
import type { SystemStatus } from "../../lib/contract/system.ts";
// Loaded when it is first asked for, which takes real time, while the virtual one goes on.
import "../../lib/http/routes/console/page.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { ADMIN, operatedApp } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";

type Operated = ReturnType<typeof operatedApp>;

/** One that goes away, and comes back without what it knew. */
function troubledStore() {
  let isAway = false;
  let home = memory();
  const adapter: StoreAdapter = {
    ...home,
    open: (runtime) => {
      let opened = home.open(runtime);
      const first = opened;
      return {
        ...first,
        transact: (machine, key, message) => {
          if (isAway) throw new Error("away");
          if (opened !== home.open(runtime)) opened = home.open(runtime);
          return opened.transact(machine, key, message);
        },
      };
    },
  };
  return {
    adapter,
    leave: () => {
      isAway = true;
    },
    lose: () => {
      home = memory();
    },
  };
}

async function arranged(situation: string): Promise<Operated> {
  const { adapter, leave, lose } = troubledStore();
  const stuck = new Promise<never>(() => {});
  const budget = { WORKER_RESTART_RETRY_BUDGET: "1", WORKER_RESTART_COOLDOWN: "1" };
  const churn = { WORKER_RESTART_CHURN_THRESHOLD: "1", WORKER_RESTART_COOLDOWN: "1" };
  const operated = operatedApp({
    env: situation === "budget" ? budget : situation === "churn" ? churn : {},
    store: adapter,
    ...(situation === "audit" && { auditLog: null }),
    ...(situation === "in_progress" && { fire: () => stuck }),
  });
  if (["cooldown", "budget", "churn"].includes(situation)) await operated.restart({ reason: "the first" });
  if (situation === "in_progress") {
    void operated.restart({ reason: "the first" });
    await eventuallyFired(operated);
  }
  if (situation === "budget" || situation === "churn") await operated.runtime.advance(2_000);
  if (situation === "reborn") {
    await operated.get("/admin/api/worker/status");
    lose();
  }
  if (situation === "state_store") leave();
  return operated;
}

async function eventuallyFired({ fired, get }: Operated): Promise<void> {
  while (fired.length === 0) await get("/admin/api/worker/status");
}

async function told(operated: Operated) {
  const { body } = await operated.get("/admin/api/worker/status");
  const asked = operated.app.request("/admin", { headers: { authorization: ADMIN } });
  const page = await (await passing(operated.runtime, Promise.resolve(asked))).text();
  const { next_restart: next } = body.data as unknown as WorkerStatus;
  return { next, page, hint: /<p class="soft" data-said data-may="(\w+)">([^<]*)</.exec(page) };
}

const OVERRIDE = { manual_override: true, override_acknowledged: true, override_reason: "it has to be" };

test.each([
  ["allowed", null, "restart", 202, 202, /^A restart is allowed\.$/],
  ["cooldown", "cooldown", "override", 429, 202, /^The last one is too recent: \d+ s are left\. An override passes\.$/],
  [
    "budget",
    "budget",
    "override",
    409,
    202,
    /^The budget is spent: there were 1 in 600 s, of 1\. An override passes\.$/,
  ],
  ["churn", "churn", "override", 409, 202, /^There were 1 in 600 s: 1 are too many\. An override passes\.$/],
  ["reborn", "reborn", "override", 409, 202, /^The state store has lost what it knew .* An override passes\.$/],
  [
    "in_progress",
    "in_progress",
    "nothing",
    409,
    409,
    /^Another restart is under way\. An override does not pass either\.$/,
  ],
  ["state_store", "state_store", "nothing", 503, 503, /^The state store does not answer, .* does not pass either\.$/],
  ["audit", "audit", "nothing", 503, 503, /^It could not be written to the audit, .* does not pass either\.$/],
])("%s: what is said is what happens", async (situation, refusedBy, may, plainly, overridden, sentence) => {
  const said = await told(await arranged(situation));
  expect(said.next).toMatchObject({ refused_by: refusedBy, override_passes: may === "override" });
  expect(said.next.message).toMatch(sentence);
  expect(said.hint?.slice(1)).toEqual([may, said.next.message]);
  expect((await (await arranged(situation)).restart({ reason: "plain" })).status).toBe(plainly);
  expect((await (await arranged(situation)).restart(OVERRIDE)).status).toBe(overridden);
});

describe("while the database does not answer", () => {
  const down = () => {
    const operated = operatedApp();
    operated.faults.set({ mode: "failing", forMs: 600_000 });
    return operated;
  };

  test("a restart that is allowed is said not to help", async () => {
    const { next, page } = await told(down());
    expect(next).toMatchObject({ refused_by: null });
    expect(next.message).toMatch(/^A restart is allowed\. It will not help: the database does not answer/);
    expect(page).toContain(next.message);
  });

  test("the command says so too", async () => {
    expect(await statusLines(down())).toMatch(/restarts +allowed, .*\n +A restart is allowed\. It will not help/);
  });
});

test.each([
  ["state_store", /^ *restarts +unknown \(webhook.*\n +The state store does not answer/m],
  ["in_progress", /^ *restarts +under way, .*\n +Another restart is under way/m],
  ["audit", /^ *restarts +refused, .*\n +It could not be written to the audit/m],
  ["cooldown", /^ *restarts +cooldown, \d+ s of cooldown left, 1 of 3 in 600 s .*\n +The last one is too recent/m],
  ["reborn", /^ *restarts +blocked by reborn, 0 of 3 in 600 s .*\n +The state store has lost/m],
])("the command says of a restart that would be refused (%s) why", async (situation, lines) => {
  expect(await statusLines(await arranged(situation))).toMatch(lines);
});

async function statusLines({ get }: Operated): Promise<string> {
  const system = (await get("/admin/api/system-status")).body.data as unknown as SystemStatus;
  const worker = (await get("/admin/api/worker/status")).body.data as unknown as WorkerStatus;
  return findingOf(system, worker)
    .text((_, text) => text)
    .join("\n");
}

test("a breaker that is forced open is not said to let probes pass", async () => {
  const operated = operatedApp();
  await operated.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 600, reason: "a migration" });
  const { page } = await told(operated);
  expect(page).not.toMatch(/probes pass/);
  expect(page).toMatch(/An operator has forced the circuit breaker open/);
});

test("restarts that nobody can know of are not said to be none", async () => {
  expect((await told(await arranged("state_store"))).page).toMatch(/The state store does not say which there were/);
  expect((await told(await arranged("allowed"))).page).not.toMatch(/does not say which there were/);
});

test("beside the form for breakers it is said when nothing can be said to them", async () => {
  expect((await told(await arranged("state_store"))).page).toMatch(/nothing can be said to a breaker/);
  expect((await told(await arranged("allowed"))).page).not.toMatch(/nothing can be said to a breaker/);
});
