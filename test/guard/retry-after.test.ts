/** When a dependency wants to be asked again, by its own word, and what refusals say of what failed last. */
import { describe, expect, it } from "vitest";
import { DatabaseError, type GateOptions, type Refused } from "../../lib/tidegate.ts";
import { heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const OPENS_AT_ONCE = { failureThreshold: 1, windowCalls: 1, failureRate: 0, recoveryMs: 1_000 };
const MOST_MS = 60_000;
const refusalOf = async (run: Promise<unknown>) => ((await run.catch((error: unknown) => error)) as Refused).refusal;

function scene(options: Pick<GateOptions, "isFailure" | "retryAfter">) {
  const { application, runtime, told } = applications();
  const breaker = { ...OPENS_AT_ONCE, backoff: { jitter: 0, maxMs: MOST_MS } };
  const gate = application().gate("billing", { capacity: 1, breaker, ...options });
  const failing = (error: unknown = new Error("down")) => gate.run(() => Promise.reject(error)).catch(() => {});
  return {
    gate,
    runtime,
    failing,
    refused: () => refusalOf(gate.run(() => "never", { waitMs: 0 })),
    told: () => told("gate.judge_failed").map(({ fields }) => fields),
  };
}

describe("retryAfter", () => {
  const START = Date.UTC(2026, 0, 1);
  it.each([
    ["milliseconds", 5_000, 5_000],
    ["a fraction of one, which is rounded up", 5_000.2, 5_001],
    ["the seconds of a header", "7", 7_000],
    ["the seconds of a header with space around them", " 7 ", 7_000],
    ["the date of a header", new Date(START + 9_000).toUTCString(), 9_000],
    ["a date that is over, which is no reason to wait", new Date(START - 9_000).toUTCString(), 1_000],
    ["less than the breaker stays open anyway", 10, 1_000],
    ["nothing", undefined, 1_000],
    ["null, as of a header that is not there", null, 1_000],
    ["longer than backoff.maxMs, which bounds it", MOST_MS + 1, MOST_MS],
    ["a hundred years in seconds", "3155760000", MOST_MS],
    ["more seconds than a number holds", "9".repeat(400), MOST_MS],
    ["for ever", Number.POSITIVE_INFINITY, MOST_MS],
  ])("keeps the breaker open for as long as the dependency asks, and refusals say so: %s", async (_, said, forMs) => {
    const { failing, refused, runtime, gate, told } = scene({ retryAfter: () => said });
    await failing();
    expect(await refused()).toMatchObject({ gate: "billing", reason: "open", retryAfterMs: forMs });
    await runtime.advance(forMs - 1);
    expect(await refused()).toMatchObject({ reason: "open", retryAfterMs: 1 });
    await runtime.advance(1);
    expect(await gate.run(() => "probe")).toBe("probe");
    expect(told()).toEqual([]);
  });

  it.each([
    ["a text that is neither", "soon", '"soon"'],
    ["a text that engines read as a date in 2001", "2.5", '"2.5"'],
    ["a long text, of which the beginning is shown", "x".repeat(500), `"${"x".repeat(40)}"`],
    ["a negative number", -1, ".*"],
    ["no number", Number.NaN, ".*"],
    ["an object", {}, ".*"],
    ["a boolean", true, ".*"],
  ])("changes nothing where it is nonsense, and is told once: %s", async (_, said, shown) => {
    const { failing, refused, runtime, told } = scene({ retryAfter: () => said as string });
    await failing();
    expect(await refused()).toMatchObject({ reason: "open", retryAfterMs: 1_000 });
    await runtime.advance(1_000);
    await failing();
    const message = expect.stringMatching(
      `^retryAfter must return milliseconds or the text of a Retry-After header, was ${shown}$`,
    );
    expect(told()).toMatchObject([{ gate: "billing", judge: "retryAfter", error: { message } }]);
  });

  it("changes nothing where it throws, and is told once", async () => {
    const retryAfter = () => {
      throw new Error("no header");
    };
    const { failing, refused, told } = scene({ retryAfter });
    await failing();
    expect(await refused()).toMatchObject({ reason: "open", retryAfterMs: 1_000 });
    expect(told()).toMatchObject([{ judge: "retryAfter", error: { message: "no header" } }]);
  });

  it("is asked about failures alone, with what ended and how", async () => {
    const asked: unknown[] = [];
    const { gate } = scene({
      isFailure: (ended) => ended === 503,
      retryAfter: (...given) => {
        asked.push(given);
        return 1;
      },
    });
    for (const status of [200, 503]) expect(await gate.run(() => status)).toBe(status);
    expect(asked).toEqual([[503, "returned"]]);
  });

  it("holds for an answer of HTTP 503 that its caller gets all the same", async () => {
    const { gate, refused } = scene({
      isFailure: (ended, how) => (how === "thrown" ? undefined : (ended as Response).status >= 500),
      retryAfter: (ended) => (ended instanceof Response ? ended.headers.get("retry-after") : null),
    });
    const answer = await gate.run(() => new Response("busy", { status: 503, headers: { "retry-after": "20" } }));
    expect(await answer.text()).toBe("busy");
    expect(await refused()).toMatchObject({ reason: "open", retryAfterMs: 20_000, lastFailure: "HTTP 503" });
  });
});

describe("the last failure", () => {
  it("is null in a refusal before anything has failed", async () => {
    const { gate, refused } = scene({});
    await gate.run(() => "fine");
    void gate.run(heldCall().hold);
    expect(await refused()).toMatchObject({ reason: "full", lastFailure: null });
  });

  const coded = (code: unknown, more: object = {}) =>
    Object.assign(new RangeError("a text with secrets"), { code }, more);
  it.each([
    ["a vendor's code", new DatabaseError("connection", "gone", { vendorCode: "57P01" }), "57P01"],
    ["an error's own code", coded("ECONNREFUSED"), "ECONNREFUSED"],
    ["a vendor's code before any other", coded("E", { vendorCode: "ORA-12514" }), "ORA-12514"],
    ["an HTTP status", { status: 502, statusText: "Bad Gateway" }, "HTTP 502"],
    ["the name where the code is a number", coded(20), "RangeError"],
    ["the name where there is nothing else", new TypeError("fetch failed: http://user:pw@host"), "TypeError"],
    ["the name where the code is a sentence", coded("password is hunter2"), "RangeError"],
    ["the name where the code is too long for one", coded("x".repeat(65)), "RangeError"],
    ["nothing of a text", "down", null],
    ["nothing of nothing", undefined, null],
  ])("is named in a refusal by a code or a name, never by a text: %s", async (_, error, named) => {
    const { failing, refused } = scene({});
    await failing(error ?? null);
    expect(await refused()).toMatchObject({ reason: "open", lastFailure: named });
  });

  it("is the latest, and not forgotten when something succeeds", async () => {
    const { gate, runtime, failing, refused } = scene({});
    await failing(coded("ECONNREFUSED"));
    await runtime.advance(1_000);
    await failing(coded("ETIMEDOUT"));
    expect(await refused()).toMatchObject({ lastFailure: "ETIMEDOUT" });
    await runtime.advance(2_000);
    expect(await gate.run(() => "fine")).toBe("fine");
    await gate.reset({ actor: "me", reason: "it is fine" });
    void gate.run(heldCall().hold);
    expect(await refused()).toMatchObject({ reason: "full", lastFailure: "ETIMEDOUT" });
  });

  it("of one gate is not told by another", async () => {
    const { application } = applications();
    const tide = application();
    await tide
      .gate("billing")
      .run(() => Promise.reject(coded("ECONNREFUSED")))
      .catch(() => {});
    const mail = tide.gate("mail", { capacity: 1 });
    void mail.run(heldCall().hold);
    expect(await refusalOf(mail.run(() => "never", { waitMs: 0 }))).toMatchObject({ gate: "mail", lastFailure: null });
  });
});
