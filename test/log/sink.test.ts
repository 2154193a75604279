import { describe, expect, test } from "vitest";
import { createSink, type SinkOptions } from "../../lib/log/sink.ts";

const notice = (count: number) => `lost ${count}`;

function collecting(options: Partial<SinkOptions> = {}) {
  const written: string[] = [];
  const write = (lines: readonly string[]) => void written.push(...lines);
  return { written, sink: createSink({ write, notice, ...options }) };
}

/** A writer that writes when it is told to. */
function slow() {
  const written: string[] = [];
  let release = () => {};
  const write = (lines: readonly string[]) =>
    new Promise<void>((resolve) => {
      release = () => {
        written.push(...lines);
        resolve();
      };
    });
  return { written, write, release: () => release() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a sink", () => {
  test("writes later, in order, all that came in one turn at once", async () => {
    const batches: (readonly string[])[] = [];
    const sink = createSink({ write: (lines) => void batches.push(lines), notice });
    sink.write("a");
    sink.write("b");
    expect(batches).toEqual([]);
    await sink.flush();
    expect(batches).toEqual([["a", "b"]]);
  });

  test("drops the oldest lines when it is full, and says how many when writing resumes", async () => {
    const writer = slow();
    const sink = createSink({ write: writer.write, notice, maxLines: 3 });
    sink.write("first");
    await settled();
    for (const line of ["a", "b", "c", "d", "e"]) sink.write(line);
    expect(sink.dropped()).toBe(2);
    writer.release();
    await settled();
    writer.release();
    await sink.flush();
    expect(writer.written).toEqual(["first", "lost 2", "c", "d", "e"]);
    expect(sink.dropped()).toBe(2);
  });

  test("is bounded in memory as well, at two bytes a character", async () => {
    const writer = slow();
    const sink = createSink({ write: writer.write, notice, maxBytes: 20 });
    sink.write("first");
    await settled();
    for (const line of ["aaaaa", "bbbbb", "ccccc", "longer than everything"]) sink.write(line);
    expect(sink.dropped()).toBe(4);
    sink.write("d");
    writer.release();
    await settled();
    writer.release();
    await sink.flush();
    expect(writer.written).toEqual(["first", "lost 4", "d"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("disk full"))],
  ])("a writer that %s never reaches the caller; what it lost is counted and reported", async (_, fail) => {
    const written: string[] = [];
    let broken = true;
    const sink = createSink({ write: (lines) => (broken ? fail() : void written.push(...lines)), notice });
    sink.write("a");
    sink.write("b");
    await sink.flush();
    expect(sink.dropped()).toBe(2);
    broken = false;
    sink.write("c");
    await sink.flush();
    expect(written).toEqual(["lost 2", "c"]);
  });

  test("a report that was lost with its lines is part of the next", async () => {
    const written: string[] = [];
    let broken = true;
    const write = (lines: readonly string[]) => {
      if (broken) throw new Error("disk full");
      written.push(...lines);
    };
    const sink = createSink({ write, notice, maxLines: 2 });
    for (const line of ["a", "b", "c", "d", "e"]) sink.write(line);
    await sink.flush();
    broken = false;
    sink.write("f");
    await sink.flush();
    expect(written).toEqual(["lost 5", "f"]);
    expect(sink.dropped()).toBe(5);
  });

  test("a writer that never ends holds no caller, and no more than its bounds", async () => {
    const sink = createSink({ write: () => new Promise(() => {}), notice, maxLines: 10 });
    sink.write("first");
    await settled();
    for (let line = 0; line < 1_000; line++) sink.write(String(line));
    expect(sink.dropped()).toBe(990);
  });

  test("a writer that logs does not feed itself", async () => {
    const written: string[] = [];
    const sink = createSink({
      write: (lines) => {
        written.push(...lines);
        sink.write("wrote something");
      },
      notice,
    });
    sink.write("a");
    await sink.flush();
    expect(written).toEqual(["a"]);
    expect(sink.dropped()).toBe(1);
  });

  test("flush of an idle sink is immediate", async () => {
    const { sink, written } = collecting();
    await sink.flush();
    expect(written).toEqual([]);
  });
});
