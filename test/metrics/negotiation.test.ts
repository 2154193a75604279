import { expect, test } from "vitest";
import { negotiated, type Offer } from "../../lib/metrics/negotiation.ts";

const OFFERS: readonly [Offer<"text" | "open">, Offer<"text" | "open">] = [
  { format: "text", type: "text/plain", parameters: { version: ["0.0.4"] } },
  { format: "open", type: "application/openmetrics-text", parameters: { version: ["1.0.0"] } },
];
const PROMETHEUS_2_42 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4," +
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

test.each([
  [null, "text"],
  ["", "text"],
  ["*/*", "text"],
  ["text/html,application/xhtml+xml,*/*;q=0.8", "text"],
  ["application/json", "text"],
  [PROMETHEUS_2_42, "open"],
  [PROMETHEUS_3, "open"],
  ["application/openmetrics-text", "open"],
  ['Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', "open"],
  ["application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text"],
  ["application/openmetrics-text;q=0.3,text/plain;q=0.7", "text"],
  ["application/openmetrics-text;q=0.7,text/plain;q=0.3", "open"],
  ["application/*;q=0.9,text/*;q=0.2", "open"],
  ["text/plain;q=0,*/*;q=0.5", "open"],
  ["application/openmetrics-text;version=1.0.0;q=0,application/*", "text"],
  ["application/openmetrics-text;q=nonsense, text/plain;q=0.1", "text"],
])("%j is answered with %s", (accept, format) => {
  expect(negotiated(accept, OFFERS)).toBe(format);
});
