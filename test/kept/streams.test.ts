import { stream } from "hono/streaming";
import { describe, expect, test } from "vitest";
import { keptScene } from "./scene.ts";

describe("a stream", () => {
  /** Bytes that come when the test asks for them. */
  function source() {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const state = { pulled: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        start: (begun) => {
          controller = begun;
        },
        pull: () => {
          state.pulled += 1;
        },
        cancel: () => {
          state.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const push = (bytes: number) => controller?.enqueue(new Uint8Array(bytes));
    return { body, state, push, close: () => controller?.close(), fail: () => controller?.error(new Error("broken")) };
  }

  test("larger than what is kept goes out as it comes, is not held in memory, and is not kept", async () => {
    const MiB = 1_024 * 1_024;
    let pulls = 0;
    const scene = keptScene({
      keep: { freshSeconds: 60, maxBytes: 1_000_000 },
      handler: () =>
        new Response(
          new ReadableStream(
            {
              pull: (controller) => {
                pulls += 1;
                if (pulls > 64) controller.close();
                else controller.enqueue(new Uint8Array(MiB));
              },
            },
            { highWaterMark: 0 },
          ),
        ),
    });
    const answer = await scene.app.request("/stock");
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.byteLength).toBe(MiB);
    await scene.runtime.advance(0);
    // What the copy was given is no more than what may be kept; the rest waits for its reader.
    expect(pulls).toBeLessThanOrEqual(3);
    let read = MiB;
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.byteLength;
    expect(read).toBe(64 * MiB);
    await scene.settled();
    pulls = 0;
    const again = await scene.app.request("/stock");
    expect(again.headers.get("cache-status")).toBe("tidegate; fwd=miss");
    await again.body?.cancel();
  });

  test("gives its first bytes before its source ends, and is kept when it has", async () => {
    const { body, push, close } = source();
    const scene = keptScene({ keep: { freshSeconds: 60 }, handler: () => new Response(body) });
    push(10);
    const answer = await scene.app.request("/stock");
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.byteLength).toBe(10);
    push(5);
    close();
    expect((await reader.read()).value?.byteLength).toBe(5);
    expect((await reader.read()).done).toBe(true);
    await scene.settled();
    const again = await scene.ask();
    expect([again.headers.get("cache-status"), (await again.arrayBuffer()).byteLength]).toEqual([
      "tidegate; hit; ttl=60",
      15,
    ]);
  });

  test("is as old as the question, however long it takes", async () => {
    const { body, push, close } = source();
    const scene = keptScene({ keep: { freshSeconds: 60 }, handler: () => new Response(body) });
    push(10);
    const text = (await scene.app.request("/stock")).arrayBuffer();
    await scene.runtime.advance(30_000);
    close();
    await text;
    await scene.settled();
    await scene.runtime.advance(5_000);
    const again = await scene.ask();
    expect([again.headers.get("cache-status"), again.headers.get("age")]).toEqual(["tidegate; hit; ttl=25", "35"]);
  });

  test("that was begun for a caller who has left is ended where nobody waits for it", async () => {
    const { body, push, state } = source();
    const begun = Promise.withResolvers<void>();
    const { promise, resolve } = Promise.withResolvers<void>();
    const scene = keptScene({
      keep: { maxBytes: 100 },
      handler: async () => {
        begun.resolve();
        await promise;
        return new Response(body);
      },
    });
    const leaving = new AbortController();
    const left = scene.app.request("/stock", { signal: leaving.signal });
    await begun.promise;
    leaving.abort();
    push(1_000);
    resolve();
    await left;
    await scene.settled();
    expect(state.cancelled).toBe(true);
  });

  test("that breaks off is not kept, and breaks off for its reader", async () => {
    const { body, push, fail } = source();
    let times = 0;
    const scene = keptScene({
      keep: { freshSeconds: 60 },
      handler: (c) => {
        times += 1;
        return times === 1 ? new Response(body) : c.text("whole");
      },
    });
    push(10);
    const answer = await scene.app.request("/stock");
    fail();
    await expect(answer.arrayBuffer()).rejects.toThrow("broken");
    await scene.settled();
    expect(await (await scene.ask()).text()).toBe("whole");
  });

  test("that was begun by HEAD holds no permit when it is answered", async () => {
    const scene = keptScene({
      answer: () => Array.from({ length: 1_000 }, (_, id) => ({ id })),
      handler: (c) =>
        stream(
          c,
          async (out) => {
            for await (const { id } of c.var.db.stream<{ id: number }>`select id from stock`)
              await out.write(`${id}\n`);
          },
          async () => {},
        ),
    });
    const answer = await scene.ask({ method: "HEAD" });
    expect([answer.status, answer.body]).toEqual([200, null]);
    await scene.runtime.advance(1_000);
    expect(Object.values((await scene.tide.view()).lanes).map(({ running }) => running)).toEqual([0, 0, 0]);
  });
});
