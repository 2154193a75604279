/** Several instances as processes of their own, which can be asked, frozen, killed and replaced. */
import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { GateView } from "../../lib/gate/renewal.ts";
import { eventually, freePort, signalTo } from "./processes.ts";

const OWN_ENV = { PATH: process.env.PATH ?? "", LOG_FORMAT: "json", APP_ENV: "testing", RATE_LIMIT_PER_MINUTE: "0" };
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A client that waits longer has found a call that is never answered. */
const PATIENCE_MS = 60_000;

export interface Answer {
  /** 0 where the connection was lost. */
  readonly status: number;
  /** Of a refusal; the transport's where the connection was lost. */
  readonly code: string | null;
  readonly text: string;
  readonly instance: number;
  /** Wall clock. */
  readonly askedAt: number;
  readonly tookMs: number;
}

/** A line of an instance's log. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Fleet {
  readonly size: number;
  /** One guarded statement of `ms` milliseconds. Never rejects. */
  work(instance: number, tag: string, ms: number): Promise<Answer>;
  /** The same, asked for in another way: `/kept/fleet/TAG/MS`. */
  ask(instance: number, path: string): Promise<Answer>;
  view(instance: number): Promise<GateView>;
  /** Where it listens. */
  url(instance: number): string;
  /** What all of its processes have logged, the dead included. */
  lines(event: string): readonly Line[];
  /** What they wrote beside their log, such as the last words of one that died of an error. */
  output(): string;
  /** `kill -9`. */
  kill(instance: number): Promise<void>;
  /** A new process in its place, once it listens. */
  start(instance: number): Promise<void>;
  signal(instance: number, signal: "SIGSTOP" | "SIGCONT"): void;
  dispose(): Promise<void>;
}

interface Member {
  readonly child: ChildProcess;
  readonly port: number;
  readonly ended: Promise<unknown>;
}

/**
 * Starts them side by side.
 *
 * @param until `sharing`: all of them listen and share the gate. `begun`: at once; who asks too early is not answered.
 */
export async function startFleet(
  size: number,
  env: Record<string, string>,
  until: "sharing" | "begun" = "sharing",
): Promise<Fleet> {
  const members: (Member | undefined)[] = [];
  const lines: Line[] = [];
  let output = "";
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  const hear = (line: string) => {
    if (!line.startsWith("{")) output += `${line}\n`;
    else lines.push(JSON.parse(line) as Line);
  };
  const start = async (instance: number) => {
    const port = await freePort();
    const child = spawn(process.execPath, ["--conditions=tidegate-source", "test/support/instance.ts"], {
      cwd: ROOT,
      // One client asks for all of them here.
      env: { ...OWN_ENV, PORT: String(port), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let listens = false;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        createInterface(stream).on("line", (line) => {
          if (line === "listening") listens = true;
          else hear(line);
        });
    }
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const endWithTests = () => child.kill("SIGKILL");
    process.once("exit", endWithTests);
    child.once("exit", () => process.off("exit", endWithTests));
    members[instance] = { child, port, ended };
    await eventually(
      `instance ${instance} listens`,
      () => {
        if (child.exitCode !== null) throw new Error(`Instance ${instance} ended at its start:\n${output}`);
        return listens || child.signalCode !== null;
      },
      60_000,
    );
  };

  const ask = (instance: number, path: string): Promise<Answer> => {
    const [askedAt, startedAt] = [Date.now(), performance.now()];
    return new Promise((resolve) => {
      const answer = (status: number, code: string | null, text: string) =>
        resolve({ status, code, text, instance, askedAt, tookMs: performance.now() - startedAt });
      const asked = request({ agent, host: "127.0.0.1", port: members[instance]?.port, path, timeout: PATIENCE_MS });
      asked.once("timeout", () => asked.destroy(Object.assign(new Error("no answer"), { code: "NO_ANSWER" })));
      asked.once("error", (error: NodeJS.ErrnoException) => answer(0, error.code ?? error.message, ""));
      asked.once("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.once("error", (error: NodeJS.ErrnoException) => answer(0, error.code ?? error.message, text));
        response.once("end", () => {
          const { statusCode: status = 0 } = response;
          answer(status, status === 200 ? null : (JSON.parse(text).error?.code ?? "none"), text);
        });
      });
      asked.end();
    });
  };
  const view = async (instance: number) => JSON.parse((await ask(instance, "/view")).text) as GateView;

  const fleet: Fleet = {
    size,
    work: (instance, tag, ms) => ask(instance, `/statement/${tag}/${ms}`),
    ask,
    view,
    url: (instance) => `http://127.0.0.1:${members[instance]?.port}`,
    lines: (event) => lines.filter((line) => line.event === event),
    output: () => output,
    kill: async (instance) => {
      const member = members[instance];
      member?.child.kill("SIGKILL");
      await member?.ended;
    },
    start,
    signal: (instance, signal) => {
      const pid = members[instance]?.child.pid;
      if (pid !== undefined) signalTo(pid, signal);
    },
    dispose: async () => {
      for (const member of members) member?.child.kill("SIGKILL");
      await Promise.all(members.map((member) => member?.ended));
      agent.destroy();
    },
  };
  const started = Promise.all(Array.from({ length: size }, (_, instance) => start(instance)));
  if (until === "begun") {
    // One that does not start is found by whoever asks it.
    started.catch(() => {});
    return fleet;
  }
  try {
    await started;
    await eventually("the fleet shares one gate", () => shareOneGate(fleet), 30_000);
    return fleet;
  } catch (error) {
    // Nobody else has heard of its processes.
    await fleet.dispose();
    throw error;
  }
}

/** Each answers, and every call of a round is counted in the one gate that they all see. */
async function shareOneGate(fleet: Fleet): Promise<boolean> {
  const all = Array.from({ length: fleet.size }, (_, instance) => instance);
  /** Who looks tells what has ended there; the last look finds all of it. */
  const look = async () => {
    const views = await Promise.all(all.map((instance) => fleet.view(instance)));
    return { views, calls: (await fleet.view(0)).totals.calls.request.success };
  };
  const before = await look();
  const worked = await Promise.all(all.map((instance) => fleet.work(instance, "warming", 1)));
  const after = await look();
  return (
    worked.every(({ status }) => status === 200) &&
    after.views.every(({ n }) => n === fleet.size) &&
    after.calls - before.calls === fleet.size
  );
}
