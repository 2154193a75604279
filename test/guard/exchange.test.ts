import { describe, expect, test } from "vitest";
import { exchangeScene, VIEW } from "../support/exchange-scene.ts";
import { follow } from "../support/guarded.ts";

const TRY_AGAIN_MS = 500;
const TERMS = { ttlMs: 0, expectedVersion: null, actor: "ann", reason: "drill" };
const OPERATE = { kind: "operate", opId: "1", mode: "auto", ...TERMS } as const;

/** Whose first renewal was answered. */
async function attached() {
  const scene = exchangeScene();
  scene.exchange.renew();
  await scene.sent[0]?.answer();
  return scene;
}

describe("one renewal is in flight (Rule 2)", () => {
  test("and the next one goes once it is answered, one for all that asked for it meanwhile", async () => {
    const { exchange, sent, said } = exchangeScene();
    for (let n = 0; n < 3; n++) exchange.renew();
    expect([sent.length, exchange.isQuiet()]).toEqual([1, false]);
    await sent[0]?.answer();
    expect(sent.map(({ renewal }) => renewal.n)).toEqual([1, 2]);
    await sent[1]?.answer();
    expect([sent.length, exchange.isQuiet()]).toEqual([2, true]);
    expect(said).toEqual([
      ["heard", 1],
      ["heard", 2],
    ]);
  });

  test("and another follows at once where there is more to tell", async () => {
    const scene = await attached();
    scene.more = 1;
    scene.exchange.renew();
    await scene.sent[1]?.answer();
    expect(scene.sent).toHaveLength(3);
  });

  test("and an answer to another number is none", async () => {
    const { exchange, sent, said } = exchangeScene();
    exchange.renew();
    await sent[0]?.answer({ n: 7 });
    expect([said, exchange.isQuiet()]).toEqual([[], false]);
  });

  test("and tells how long the last round trip was, at most ten seconds", async () => {
    const { exchange, sent, runtime } = exchangeScene();
    exchange.renew();
    await runtime.advance(30.5);
    await sent[0]?.answer();
    expect([exchange.roundTripMs(), exchange.sentAt()]).toEqual([31, 0]);
    exchange.renew();
    expect([sent[1]?.renewal.roundTripMs, exchange.sentAt()]).toEqual([31, 30.5]);
    runtime.stall(60_000);
    await sent[1]?.answer();
    expect(exchange.roundTripMs()).toBe(10_000);
  });
});

describe("a renewal that can wait for the end of the turn", () => {
  test("is one for all that is said in it, where requests share their I/O", async () => {
    const { exchange, sent, runtime } = exchangeScene();
    for (let n = 0; n < 3; n++) exchange.renewSoon();
    expect([sent.length, exchange.isQuiet()]).toEqual([0, false]);
    await runtime.advance(0);
    expect(sent).toHaveLength(1);
    await sent[0]?.answer();
    expect([sent.length, exchange.isQuiet()]).toEqual([1, true]);
  });

  test.each([
    ["no request may wait for another's", { sharesIo: false }],
    ["the store is in this process", { inProcess: true }],
  ])("goes at once where %s", (_, traits) => {
    const { exchange, sent } = exchangeScene(traits);
    exchange.renewSoon();
    expect(sent).toHaveLength(1);
  });
});

describe("what is asked", () => {
  test("goes with the next renewal, and is answered in its order", async () => {
    const { exchange, sent } = exchangeScene();
    const first = follow(exchange.ask(VIEW));
    const [second, third] = [follow(exchange.ask(VIEW)), follow(exchange.ask(OPERATE))];
    expect([sent.length, exchange.isQuiet()]).toEqual([1, false]);
    await sent[0]?.answer({ replies: [{ kind: "view" } as never] });
    expect(first.result()?.value).toEqual({ kind: "view" });
    expect(sent[1]?.renewal.commands).toEqual([VIEW, OPERATE]);
    await sent[1]?.answer({ replies: ["view" as never, "operated" as never] });
    expect([second.result()?.value, third.result()?.value]).toEqual(["view", "operated"]);
  });

  test("is answered with nothing where the gate left it out, is away, or everything is over", async () => {
    const { exchange, sent } = exchangeScene();
    const missing = exchange.ask(VIEW);
    await sent[0]?.answer();
    expect(await missing).toBeNull();
    const lost = exchange.ask(VIEW);
    await sent[1]?.fail();
    expect(await lost).toBeNull();
    expect(await exchange.ask(VIEW)).toBeNull();
    const over = await attached();
    await over.exchange.close(false);
    expect(await over.exchange.ask(VIEW)).toBeNull();
    expect(over.sent).toHaveLength(1);
  });

  test("is asked again in the session that is opened for it, before what came later", async () => {
    const { exchange, sent } = exchangeScene();
    const first = follow(exchange.ask(VIEW));
    const second = follow(exchange.ask(OPERATE));
    await sent[0]?.answer({ known: false } as never);
    expect(sent[1]?.renewal.commands).toEqual([VIEW, OPERATE]);
    await sent[1]?.answer({ replies: ["view" as never, "operated" as never] });
    expect([first.result()?.value, second.result()?.value]).toEqual(["view", "operated"]);
  });
});

describe("a gate that forgets", () => {
  test("is opened again three times in a row, and then is away for half a second", async () => {
    const { exchange, sent, said, runtime } = exchangeScene();
    exchange.renew();
    for (let n = 0; n < 4; n++) await sent[n]?.answer({ known: false } as never);
    expect([sent.length, exchange.attached()]).toEqual([4, false]);
    expect(said.map(([what]) => what)).toEqual(["store.away", "lost"]);
    expect(said[0]?.[1]).toMatchObject({ error: { message: expect.stringMatching(/forgotten again and again/) } });
    exchange.renew();
    expect(sent).toHaveLength(4);
    await runtime.advance(TRY_AGAIN_MS - 1);
    expect(sent).toHaveLength(4);
    await runtime.advance(1);
    expect(sent).toHaveLength(5);
    for (let n = 4; n < 8; n++) await sent[n]?.answer({ known: false } as never);
    expect(sent).toHaveLength(8);
  });

  test("once, and once more later, is not one that forgets again and again", async () => {
    const { exchange, sent } = exchangeScene();
    for (let n = 0; n < 12; n += 3) {
      exchange.renew();
      await sent[n]?.answer({ known: false } as never);
      await sent[n + 1]?.answer({ known: false } as never);
      await sent[n + 2]?.answer();
    }
    expect([sent.length, exchange.attached()]).toEqual([12, true]);
  });
});
