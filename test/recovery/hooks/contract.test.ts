/** What holds for every hook, against a real server that answers as platforms do on bad days. */
import { describe, expect, test } from "vitest";
import { RESTART_HOOKS } from "../../../lib/config.ts";
import type { HookError } from "../../../lib/recovery/hooks/hook.ts";
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";
import { replyOf, SCENES, type Scene } from "./scenes.ts";
import { firing, never, type Reply, type Request, startPlatform } from "./server.ts";

/** A call's deadline; whatever is shorter is a pause. */
const DEADLINE_MS = 10_000;
const base = systemRuntime();
/** Pauses are over at once; deadlines are as they are. */
const hasty: Runtime = {
  ...base,
  setTimer: (task, ms) => base.setTimer(task, ms >= DEADLINE_MS ? ms : 0),
};
/** Deadlines are over when the test says so. */
function impatient() {
  const deadlines = new Set<() => void>();
  const runtime: Runtime = {
    ...base,
    setTimer: (task, ms) => {
      if (ms < DEADLINE_MS) return base.setTimer(task, 0);
      deadlines.add(task);
      return task;
    },
    clearTimer: (timer) => void (deadlines.delete(timer as () => void) || base.clearTimer(timer)),
  };
  const expire = () => {
    for (const task of deadlines) task();
  };
  return { runtime, expire };
}

/** All goes well until the restart, which is answered so. */
async function restartAnswered(
  scene: Scene,
  answer: (request: Request) => Reply | "hang" | "reset",
  runtime: Runtime = hasty,
) {
  const platform = await startPlatform(
    (request) => (scene.restarts.test(request.line) ? answer(request) : replyOf(scene, request.line)),
    runtime,
  );
  const error = await scene
    .hook(platform.runtime)
    .fire(firing)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  const asked = platform.lines().filter((line) => scene.restarts.test(line)).length;
  return { error: error as HookError, asked, platform };
}

test("every hook is a name of RESTART_HOOK", () => {
  expect(RESTART_HOOKS).toEqual(expect.arrayContaining(Object.keys(SCENES)));
});

describe.each(Object.entries(SCENES))("%s", (name, scene) => {
  const attempts = scene.repeated ? 3 : 1;

  test("restarts, by one request that says who asks", async () => {
    const platform = await startPlatform(({ line }) => replyOf(scene, line), hasty);
    const hook = scene.hook(platform.runtime);
    expect(hook.name).toBe(name);
    await hook.fire(firing);
    expect(platform.lines().filter((line) => scene.restarts.test(line))).toHaveLength(1);
    expect(new Set(platform.requests.map(({ headers }) => headers["user-agent"]))).toEqual(new Set(["tidegate"]));
    expect(hook.capabilities).toEqual([
      "restart",
      ...(hook.status ? ["status"] : []),
      ...(hook.capabilities.includes("dry_run") ? ["dry_run"] : []),
    ]);
  });

  test("a dry run restarts nothing, and says what it cannot know", async () => {
    const platform = await startPlatform(({ line }) => replyOf(scene, line), hasty);
    const hook = scene.hook(platform.runtime);
    const { checked } = await hook.dryRun(never);
    expect(checked).toMatch(/\.$/);
    expect(platform.lines().filter((line) => scene.restarts.test(line))).toEqual([]);
    expect(platform.requests.length > 0).toBe(hook.capabilities.includes("dry_run"));
  });

  test("what may have restarted is asked for again only where twice is no more than once", async () => {
    const { error, asked } = await restartAnswered(scene, () => ({ status: 503, body: "try later" }));
    expect(error).toMatchObject({ name: "HookError", hook: name, fault: "failed", status: 503 });
    expect(error.message).toContain(`${name}: `);
    expect(asked).toBe(attempts);
  });

  test("a broken connection is told, and counts as asked", async () => {
    const { error, asked } = await restartAnswered(scene, () => "reset");
    expect(error).toMatchObject({ hook: name, fault: "unreachable", status: null });
    expect(asked).toBe(attempts);
  });

  test("an answer that does not come is given up at the deadline", async () => {
    const { runtime, expire } = impatient();
    const hang = () => {
      setImmediate(expire);
      return "hang" as const;
    };
    const { error, asked } = await restartAnswered(scene, hang, runtime);
    expect(error).toMatchObject({ hook: name, fault: "unreachable" });
    expect(error.message).toMatch(/none within \d+ ms/);
    expect(asked).toBe(attempts);
  });

  test("who gives up is heard at once", async () => {
    const controller = new AbortController();
    const platform = await startPlatform(({ line }) => {
      if (!scene.restarts.test(line)) return replyOf(scene, line);
      controller.abort(new Error("enough"));
      return "hang";
    }, hasty);
    const fired = scene.hook(platform.runtime).fire({ ...firing, signal: controller.signal });
    await expect(fired).rejects.toThrow("enough");
  });

  test("throttling is told apart, with the time that the platform asks for", async () => {
    const reply = { status: 429, headers: { "retry-after": "7" }, body: { message: "slow down" } };
    const { error, asked } = await restartAnswered(scene, () => reply);
    expect(error).toMatchObject({ hook: name, fault: "throttled", status: 429, retryAfterMs: 7_000 });
    // Longer than a restart waits.
    expect(asked).toBe(1);
  });

  test("a wrong credential is told apart, and not tried again", async () => {
    const { error, asked } = await restartAnswered(scene, () => ({ status: 401, body: { message: "no" } }));
    expect(error).toMatchObject({ hook: name, fault: "unauthorized", status: 401 });
    expect(asked).toBe(1);
  });

  test("garbage is an error that names the platform", async () => {
    const { error, asked } = await restartAnswered(scene, () => ({ status: 200, body: "<html>maintenance</html>" }));
    if (scene.read) expect(error).toMatchObject({ hook: name, fault: "garbage", status: 200 });
    else expect(error).toBeNull();
    expect(asked).toBe(1);
  });

  test("redirects are not followed: credentials go nowhere else", async () => {
    const headers = { location: "https://elsewhere.example.com/stolen" };
    const { error, platform } = await restartAnswered(scene, () => ({ status: 307, headers }));
    expect(error).toMatchObject({ hook: name, fault: "refused", status: 307 });
    expect(platform.lines().join()).not.toContain("stolen");
  });

  test("no error shows a secret, even where the platform repeats what it was sent", async () => {
    const { error, platform } = await restartAnswered(scene, ({ line, headers, body }) => ({
      status: 400,
      body: { ...headers, line, body, encoded: scene.secrets.map(encodeURIComponent) },
    }));
    expect(error).toMatchObject({ hook: name, fault: "refused", status: 400 });
    expect(platform.requests.length).toBeGreaterThan(0);
    for (const secret of scene.secrets)
      expect(JSON.stringify([error, error.message, error.stack])).not.toContain(secret);
    expect(error.cause).toBeUndefined();
  });

  test("an endless answer is cut off", async () => {
    const { error } = await restartAnswered(scene, () => ({ status: 200, body: "x".repeat(2_000_000) }));
    expect(error).toMatchObject({ hook: name, fault: "unreachable" });
  });
});
