/** Runs test files of the copy, and ends what does not end. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import type { Asked, Ran } from "./runner.ts";
import { EVERY_HIT, SWITCH } from "./schemata.ts";

export interface Trials {
  /** By test file: the mutants that it reaches. */
  hits(files: readonly string[], limitMs: number): Promise<ReadonlyMap<string, ReadonlySet<number>>>;
  /** Null where it did not end in time. @param mutant None of them without. */
  run(files: readonly string[], limitMs: number, mutant?: number): Promise<Ran | null>;
  close(): void;
}

/** A runner has read its configuration and imported the compiler by then, on the busiest of machines. */
const START_LIMIT_MS = 120_000;

export function trialsIn(root: string): Trials {
  const hitsFile = join(root, "hits.jsonl");
  let runner: { readonly child: ChildProcess; readonly kind: string } | null = null;

  const close = () => {
    const pid = runner?.child.pid;
    runner = null;
    try {
      // With its workers and with what their tests have started: it leads a group of its own.
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  const runnerOf = async (kind: string): Promise<ChildProcess> => {
    if (runner?.kind === kind && runner.child.connected) return runner.child;
    close();
    const child = spawn(process.execPath, ["test/mutation/runner.ts"], {
      cwd: root,
      detached: true,
      env: { ...process.env, [SWITCH]: kind, TIDEGATE_HITS: hitsFile },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    runner = { child, kind };
    if ((await messageOf(child, START_LIMIT_MS)) === null)
      throw new Error("starting a runner of tests: it did not start");
    return child;
  };
  const ask = async (kind: string, asked: Asked, limitMs: number): Promise<Ran | null> => {
    const child = await runnerOf(kind);
    const answer = messageOf(child, limitMs);
    child.send(asked);
    const ran = (await answer) as Ran | null;
    if (ran === null) close();
    return ran;
  };

  return {
    hits: async (files, limitMs) => {
      rmSync(hitsFile, { force: true });
      const ran = await ask(EVERY_HIT, { mutant: EVERY_HIT, files }, limitMs);
      if (ran === null) throw new Error(`running ${files.length} test files: not done in ${limitMs / 1000} s`);
      const lines = existsSync(hitsFile) ? readFileSync(hitsFile, "utf8").trim().split("\n") : [];
      const read = lines.filter(Boolean).map((line) => JSON.parse(line) as { file: string; hits: number[] });
      return new Map(read.map(({ file, hits }) => [relative(root, file), new Set(hits)]));
    },
    run: (files, limitMs, mutant = 0) => ask("", { mutant: String(mutant), files }, limitMs),
    close,
  };
}

/** The next message of a process; null where it says none in time, or ends. */
function messageOf(child: ChildProcess, limitMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const done = (message: unknown) => {
      clearTimeout(timer);
      child.off("message", done);
      child.off("exit", gone);
      resolve(message);
    };
    const gone = () => done(null);
    const timer = setTimeout(gone, limitMs);
    child.on("message", done);
    child.on("exit", gone);
  });
}
