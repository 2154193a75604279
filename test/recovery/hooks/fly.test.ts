import { describe, expect, test } from "vitest";
import { fly } from "../../../lib/recovery/hooks/fly.ts";
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";
import { firing, never, type Reply, type Request, startPlatform } from "./server.ts";

const MACHINES = "https://api.machines.dev/v1/apps/shop/machines";
const base = systemRuntime();

interface Told {
  readonly ownMachine?: string | null;
  readonly machines?: readonly unknown[];
  /** By the end of the line. */
  readonly special?: Readonly<Record<string, Reply | "hang">>;
}

const machine = (id: string, state = "started", group = "app") => ({
  ...{ id, state, region: "fra", config: { metadata: { fly_process_group: group } } },
});
const THREE = [machine("a1"), machine("b2"), machine("c3")];

/** Every wait of the roll is over at once, and kept; the deadline of the machine's own restart is short. */
async function flyWith({ ownMachine = null, machines = THREE, special = {} }: Told) {
  const waits: number[] = [];
  const hasty: Runtime = {
    ...base,
    setTimer: (task, ms) => {
      if (ms <= 1_000) waits.push(ms);
      return base.setTimer(task, ms <= 1_000 ? 0 : ms <= 2_000 ? 50 : ms);
    },
  };
  const platform = await startPlatform(({ line }: Request) => {
    const named = Object.keys(special).find((end) => line.endsWith(end));
    return (named && special[named]) || { body: line.endsWith("/machines") ? machines : { ok: true } };
  }, hasty);
  const hook = fly({ token: "FlyV1 fm2_secretsecret,fm2_other", app: "shop", ownMachine }, platform.runtime);
  return { platform, hook, waits };
}

const restarted = (id: string) => `POST ${MACHINES}/${id}/restart`;
const waited = (id: string, seconds = 60) => `GET ${MACHINES}/${id}/wait?state=started&timeout=${seconds}`;

describe("the roll", () => {
  test("goes from machine to machine as each has started again, and ends with its own", async () => {
    const { platform, hook, waits } = await flyWith({ ownMachine: "a1" });
    expect(await hook.fire(firing)).toEqual({ id: "a1", url: null, status: "restarting 3 machines" });
    expect(platform.lines()).toEqual([
      `GET ${MACHINES}`,
      ...[restarted("b2"), waited("b2"), restarted("c3"), waited("c3"), restarted("a1")],
    ]);
    expect(waits).toEqual([1_000, 1_000]);
    for (const { headers, body } of platform.requests) {
      expect(headers).toMatchObject({ authorization: "Bearer fm2_secretsecret,fm2_other", "user-agent": "tidegate" });
      expect(body).toBe("");
    }
  });

  test("leaves alone what is not started, and what is Fly's own", async () => {
    const machines = [
      ...[machine("off", "stopped"), machine("zzz", "suspended"), machine("con", "started", "fly_app_console")],
      ...[machine("b2"), { id: "bare", state: "started" }],
    ];
    const { platform, hook } = await flyWith({ machines, ownMachine: "off" });
    await hook.fire(firing);
    expect(platform.lines().slice(1)).toEqual([restarted("b2"), waited("b2"), restarted("bare")]);
  });

  test("stops where a machine does not start again, and says how far it came", async () => {
    const slow = { status: 408, body: { error: "timeout" } };
    const { platform, hook } = await flyWith({ special: { "/a1/wait?state=started&timeout=60": slow } });
    await expect(hook.fire(firing)).rejects.toMatchObject({
      ...{ hook: "fly", fault: "failed" },
      message: "fly: waiting for machine a1: it has not started in 60 s",
    });
    expect(platform.lines()).not.toContain(restarted("b2"));
  });

  test("that is refused half-way has restarted something, and says so", async () => {
    const { platform, hook } = await flyWith({ special: { "/b2/restart": { status: 429, body: "rate limit" } } });
    await expect(hook.fire(firing)).rejects.toMatchObject({
      ...{ fault: "failed", status: 429 },
      message: expect.stringMatching(/restarting machine b2: .*\(restarted before: 1 of 3 machines\)$/),
    });
    expect(platform.lines()).not.toContain(restarted("c3"));
  });

  test("does not wait for an answer that this machine would not live to see", async () => {
    const { hook } = await flyWith({ ownMachine: "a1", machines: [machine("a1")], special: { "/a1/restart": "hang" } });
    expect(await hook.fire(firing)).toMatchObject({ id: "a1" });
  });

  test("hears where its own restart is refused", async () => {
    const no = { status: 412, body: { error: "machine is leased" } };
    const { hook } = await flyWith({ ownMachine: "a1", machines: [machine("a1")], special: { "/a1/restart": no } });
    await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", status: 412, message: /leased/ });
  });
});

test("where nothing is started, nothing is restarted", async () => {
  const { platform, hook } = await flyWith({ machines: [machine("a1", "stopped")] });
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", message: /has none that is started/ });
  await expect(hook.dryRun(never)).rejects.toMatchObject({ fault: "refused" });
  expect(platform.lines().join()).not.toContain("restart");
});

test.each([
  [{ body: { ok: true } }, "succeeded", "started"],
  [{ status: 408, body: { error: "timeout" } }, "running", "starting"],
  [{ status: 404, body: { error: "not found" } }, "failed", "destroyed"],
])("followed by its last machine: %j is %s", async (reply, state, status) => {
  const { platform, hook } = await flyWith({ special: { "/a1/wait?state=started&timeout=1": reply } });
  const followed = await hook.status?.({ id: "a1", url: null, status: null }, never);
  expect(followed).toEqual({ state, deployment: { id: "a1", url: null, status } });
  expect(platform.lines()).toEqual([waited("a1", 1)]);
});

test("a dry run counts what would be restarted", async () => {
  const { hook } = await flyWith({ ownMachine: "c3" });
  expect((await hook.dryRun(never)).checked).toBe("The token sees 3 started machines of shop, this one last.");
});
