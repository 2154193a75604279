import { expect, test } from "vitest";
import { family, histogramSamples, NATIVE_PLACES, nativeIndex, nativePlace } from "../../lib/metrics/family.ts";
import { protobufExposition } from "../../lib/metrics/protobuf.ts";
import { createMessage } from "../../lib/metrics/wire.ts";

const bytes = (message: { bytes(): Uint8Array }) => [...message.bytes()];

test("numbers are written as the specification's examples are", () => {
  expect(bytes(createMessage().number(1, 150))).toEqual([0x08, 0x96, 0x01]);
  expect(bytes(createMessage().text(2, "testing"))).toEqual([0x12, 0x07, ...new TextEncoder().encode("testing")]);
  expect(bytes(createMessage().message(3, createMessage().number(1, 150)))).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
  expect(bytes(createMessage().packedSigned(6, [0, -1, 1, -2, 2_147_483_647]))).toEqual([
    ...[0x32, 0x09, 0x00, 0x01, 0x02, 0x03],
    ...[0xfe, 0xff, 0xff, 0xff, 0x0f],
  ]);
  expect(bytes(createMessage().double(1, 1))).toEqual([0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
  expect(bytes(createMessage().number(1, Number.MAX_SAFE_INTEGER))).toEqual([0x08, ...Array(7).fill(0xff), 0x0f]);
});

test("a row of messages has the length of each before it", () => {
  const one = family("tidegate_restart_blocked", [{ value: 1 }]);
  const other = family("tidegate_restart_churn_exceeded", [{ value: 0 }]);
  const [alone, both] = [protobufExposition([one]), protobufExposition([other, one])];
  expect(alone[0]).toBe(alone.length - 1);
  expect([...both.slice(0, alone.length)]).toEqual([...alone]);
  expect(both[alone.length]).toBe(both.length - alone.length - 1);
  expect(protobufExposition([])).toHaveLength(0);
});

test("buckets of native histograms end at powers of the eighth root of 2, with bounds for what is beyond", () => {
  const index = (value: number) => nativeIndex(nativePlace(value));
  expect([1, 2, 0.5, 1.0001, 1.999].map(index)).toEqual(["0", "8", "-8", "1", "8"]);
  expect([0, -1, 1e-9].map(index)).toEqual(["zero", "zero", "zero"]);
  expect(nativePlace(1e12)).toBe(NATIVE_PLACES - 1);
});

test("what is counted natively is shown there alone, and only where something was", () => {
  const native = new Float64Array(NATIVE_PLACES);
  native[nativePlace(1)] = 2;
  const samples = histogramSamples({ lane: "slow" }, { bounds: [1], counts: [2, 0], sum: 2, native });
  expect(samples.filter(({ suffix }) => suffix === "_native")).toEqual([
    { suffix: "_native", labels: { lane: "slow", index: "0" }, value: 2 },
  ]);
});
