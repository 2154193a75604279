import { afterEach, expect, test, vi } from "vitest";
import { standardOutput } from "../../lib/log/output.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

type Done = (error: { readonly code?: string } | null, count: number) => void;
/** What the pipe does with the next write: takes so many bytes, or fails. */
type Answer = number | { readonly code?: string };

/** Node's file system, of which a pipe answers as it is told. */
function pipe(answers: readonly Answer[]) {
  const left = [...answers];
  const written: string[] = [];
  const asked: unknown[] = [];
  const write = (fd: number, bytes: Uint8Array, offset: number, length: number, position: null, done: Done) => {
    asked.push([fd, position, offset + length - bytes.length]);
    const answer = left.shift() ?? length;
    if (typeof answer === "object") return done(answer, 0);
    written.push(new TextDecoder().decode(bytes.subarray(offset, offset + answer)));
    done(null, answer);
  };
  vi.stubGlobal("navigator", { userAgent: "Node.js/24" });
  vi.stubGlobal("process", { getBuiltinModule: (name: string) => (name === "node:fs" ? { write } : undefined) });
  const runtime = manualRuntime();
  return { written, asked, runtime, out: standardOutput(runtime) };
}

afterEach(() => vi.unstubAllGlobals());

test("lines go to standard output in one write, each with its end", async () => {
  const { written, asked, out } = pipe([]);
  await out(["one", "zwölf"]);
  expect(written).toEqual(["one\nzwölf\n"]);
  expect(asked).toEqual([[1, null, 0]]);
});

test("a pipe that takes a part of it is given the rest", async () => {
  const { written, out } = pipe([3, 1, 2]);
  await out(["one", "two"]);
  expect(written).toEqual(["one", "\n", "tw", "o\n"]);
});

test("a pipe that is full is asked again every ten milliseconds", async () => {
  const { written, asked, runtime, out } = pipe([{ code: "EAGAIN" }, 0, 4]);
  const done = Promise.resolve(out(["one", "two"]));
  await runtime.advance(9);
  expect(asked).toHaveLength(1);
  await runtime.advance(1);
  expect(asked).toHaveLength(2);
  await runtime.advance(10);
  await done;
  expect(written.filter(Boolean)).toEqual(["one\n", "two\n"]);
  expect(runtime.pendingTimers()).toBe(0);
});

test("a pipe that is broken fails the write, and is not asked again", async () => {
  const { asked, out } = pipe([{ code: "EPIPE" }]);
  await expect(out(["one"])).rejects.toEqual({ code: "EPIPE" });
  expect(asked).toHaveLength(1);
});

test.each([
  ["imitate it", "Cloudflare-Workers"],
  ["say nothing of themselves", undefined],
])("platforms that %s have a console instead", async (_, userAgent) => {
  const { written } = pipe([]);
  vi.stubGlobal("navigator", userAgent === undefined ? undefined : { userAgent });
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await standardOutput(manualRuntime())(["one"]);
  expect([log.mock.calls, written]).toEqual([[["one"]], []]);
  log.mockRestore();
});
