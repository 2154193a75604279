import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { countedHome } from "./counted-home.ts";
import { keptScene } from "./scene.ts";

const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};

describe("what is not worth keeping", () => {
  test("is an answer of 200 with an error inside, where the route says so", async () => {
    const scene = keptScene({
      keep: { worthKeeping: async (answer) => !("errors" in ((await answer.json()) as object)) },
      answer: () => [{ quantity: scene.asked.length }],
      handler: async (c) => {
        const rows = await c.var.db.query`select quantity from stock`;
        return c.json(scene.asked.length > 1 ? { errors: ["half of it is missing"] } : { rows });
      },
    });
    await scene.ask();
    await scene.runtime.advance(5_000);
    expect(await (await scene.ask()).json()).toEqual({ errors: ["half of it is missing"] });
    await openBreaker(scene.tide);
    expect(await (await scene.ask()).json()).toEqual({ rows: [{ quantity: 1 }] });
  });

  test("is an answer that fails to serialize: it is an error of its own, and what was kept stays", async () => {
    let isBad = false;
    const scene = keptScene({ handler: (c) => c.json({ quantity: isBad ? (7n as unknown as number) : 7 }) });
    await scene.ask();
    isBad = true;
    await scene.runtime.advance(5_000);
    expect((await scene.ask()).status).toBe(500);
    await openBreaker(scene.tide);
    isBad = false;
    expect((await scene.ask()).status).toBe(200);
  });

  test("is told by a predicate or tags that throw: the answer goes out, and is not kept", async () => {
    const fails = () => {
      throw new Error("of the application");
    };
    for (const keep of [{ worthKeeping: fails }, { tags: fails }]) {
      const scene = keptScene({ keep: { freshSeconds: 60, ...keep } });
      expect((await scene.ask()).status).toBe(200);
      expect((await scene.ask()).headers.get("cache-status")).toBe("tidegate; fwd=miss");
      expect(scene.lines.map(({ event }) => event)).toContain("kept.not_kept");
    }
  });
});

describe("keys", () => {
  test("of any number leave the memory, the store and the log bounded", async () => {
    const home = countedHome();
    const scene = keptScene({ keepHome: home, keep: { maxEntries: 100 } });
    const kept = (n: number) => scene.tide.kept(`key ${n}`, () => n, { maxEntries: 1_000 });
    for (let n = 0; n < 100_000; n++) await kept(n);
    await scene.settled();
    expect(home.entries.size).toBe(1_000);
    for (let n = 0; n < 500; n++) await scene.app.request(`/stock?day=${n}`);
    await scene.settled();
    expect(home.entries.size).toBe(1_100);
    expect(Math.max(...[...home.entries.values()].map(({ ttlMs }) => ttlMs))).toBeLessThanOrEqual(86_400_000);
    expect(scene.lines.filter(({ event }) => event === "kept.full").map(({ fields }) => fields)).toMatchObject([
      { name: "tide.kept", max_entries: 1_000 },
      { name: "/stock", max_entries: 100 },
    ]);
  });

  test("of 100 kB are found again, told apart at their end, and forgotten by themselves and their beginning", async () => {
    const { tide, runtime } = keptScene({ keepHome: countedHome() });
    const long = `${"größe ".repeat(20_000)}`;
    const keyOf = async (key: string) =>
      (await tide.kept(key, away).catch(() => ({ value: null }))).value as string | null;
    const keep = async () => {
      for (const end of ["1", "2"]) await tide.kept(long + end, () => end);
      await runtime.advance(10);
    };
    await keep();
    expect([await keyOf(`${long}1`), await keyOf(`${long}2`), await keyOf(`${long}3`)]).toEqual(["1", "2", null]);
    await tide.forget({ key: `${long}1` });
    expect([await keyOf(`${long}1`), await keyOf(`${long}2`)]).toEqual([null, "2"]);
    await tide.forget({ prefix: "größe größe" });
    expect(await keyOf(`${long}2`)).toBeNull();
  });

  test("that look like the short form of another one are not that one", async () => {
    const home = countedHome();
    const { tide, settled } = keptScene({ keepHome: home });
    await tide.kept("v".repeat(1_000), () => "of the victim");
    await settled();
    const [stored = ""] = home.entries.keys();
    const short = stored.slice(stored.indexOf("v".repeat(200)));
    expect(short).toMatch(/^v{200}#[0-9a-f]{64}$/);
    await expect(tide.kept(short, away)).rejects.toMatchObject({ fault: "connection" });
  });

  test("of a query that is too long, or has too many parameters, are none: it is answered and not kept", async () => {
    const home = countedHome();
    const scene = keptScene({ keepHome: home, keep: { freshSeconds: 60 } });
    const many = new URLSearchParams(Array.from({ length: 33 }, (_, n) => [`p${n}`, ""]));
    for (const query of [`q=${"x".repeat(3_000)}`, `${many}`]) {
      const answer = await scene.ask({}, `/stock?${query}`);
      expect([answer.status, answer.headers.get("cache-status")]).toEqual([200, null]);
    }
    expect([home.entries.size, scene.asked.length]).toEqual([0, 2]);
  });
});

test.each([
  ["content-length", "1"],
  ["Transfer-Encoding", "chunked"],
  ["set-cookie", "sid=of-somebody-else"],
  ["content-encoding", "gzip"],
])("what others have written with the header %s is as if there were nothing", async (name, value) => {
  const runtime = manualRuntime();
  const home = countedHome(runtime);
  const scene = keptScene({ keepHome: home, runtime, store: memory(), keep: { freshSeconds: 60 } });
  await scene.ask();
  const [[key, { value: kept, ttlMs, setAt }] = ["", { value: "", ttlMs: 0, setAt: 0 }]] = home.entries;
  const entry = JSON.parse(kept.slice(1));
  const answer = JSON.parse(entry.content);
  const spoilt = { ...entry, content: JSON.stringify({ ...answer, headers: [...answer.headers, [name, value]] }) };
  home.entries.set(key, { value: `1${JSON.stringify(spoilt)}`, ttlMs, setAt });
  const other = keptScene({ keepHome: home, runtime, store: memory(), keep: { freshSeconds: 60 } });
  expect((await other.ask()).headers.get("cache-status")).toBe("tidegate; fwd=miss");
});
