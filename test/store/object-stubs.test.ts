/** What the adapter makes of the errors that the platform documents, at stubs that behave as documented. */
import { describe, expect, test } from "vitest";
import { systemRuntime } from "../../lib/runtime.ts";
import { durableObject } from "../../lib/store/durable-object/durable-object.ts";
import { counter } from "../support/machines.ts";

type Behaviour = () => Promise<string>;

/** Stubs one after the other; one that has thrown throws for ever. */
function bindingOf(...behaviours: Behaviour[]) {
  const asked: string[] = [];
  let stubs = 0;
  const namespace = {
    idFromName: (name: string) => ({ name }),
    get: (id: object) => {
      const stub = stubs++;
      const answer = (behaviours[stub] ?? (async () => '{"answer":null}'))();
      answer.catch(() => {});
      return {
        fetch: async () => {
          asked.push(`${stub} ${(id as { name: string }).name}`);
          const text = await answer;
          return { text: async () => text };
        },
      };
    },
  };
  return { asked, store: durableObject(namespace).open(systemRuntime()) };
}
const fails = (message: string, properties: object) => async (): Promise<string> => {
  throw Object.assign(new Error(message), properties);
};

describe("a stub that throws", () => {
  test("of an overloaded object is not asked again, and the error says what helps", async () => {
    const { asked, store } = bindingOf(fails("Durable Object is overloaded.", { overloaded: true, retryable: true }));
    const error = await Promise.resolve(store.kv.get("a")).catch((thrown: Error) => thrown);
    expect(String(error)).toMatch(/durable-object a:kv: getValue: .*is overloaded\..*several gates/);
    expect(error).toMatchObject({ cause: { overloaded: true } });
    expect(asked).toEqual(["0 a:kv"]);
  });

  test("of an object that moved repeats nothing by itself; the next call goes by a new one", async () => {
    const moved = "This version of the Durable Object is no longer active.";
    const { asked, store } = bindingOf(fails(moved, { retryable: true }));
    await expect(store.transact(counter, "a", 1)).rejects.toThrow(
      /no longer active\..*the next call goes by a new stub/,
    );
    expect(asked).toEqual(["0 a:counter"]);
    expect(await store.kv.get("a")).toBeNull();
    expect(asked).toEqual(["0 a:counter", "1 a:kv"]);
  });

  test("of any other kind is told as it is", async () => {
    const { store } = bindingOf(fails("Network connection lost.", {}));
    await expect(store.log.append("a", "record", 0)).rejects.toThrow(/append: .*connection lost\.$/);
  });
});

describe("a binding", () => {
  test("of another class is noticed by its answer", async () => {
    const { store } = bindingOf(async () => "Hello World!");
    await expect(store.kv.get("a")).rejects.toThrow(/an answer of TidegateObject is needed, found: .*Hello/);
  });

  test("that is missing is noticed at once", () => {
    const missing = undefined as unknown as Parameters<typeof durableObject>[0];
    expect(() => durableObject(missing)).toThrow(/found undefined; add it to \[\[durable_objects\.bindings\]\]/);
  });
});

test("who loses every race for a state is told", async () => {
  const { asked, store } = bindingOf(...Array.from({ length: 40 }, (_, n) => async () => race(n)));
  await expect(store.transact(counter, "a", 1)).rejects.toThrow(
    /store a state in .*a:counter: 20 attempts were not enough/,
  );
  expect(asked).toHaveLength(40);
});

const race = (n: number): string =>
  JSON.stringify({ answer: n % 2 === 0 ? { mark: "other", saved: "", now: 1 } : false });
