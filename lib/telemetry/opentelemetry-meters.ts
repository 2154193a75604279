/** Durations by OpenTelemetry's meters, by the names of its conventions. */
import {
  type Attributes as ApiAttributes,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from "@opentelemetry/api";
import { type Attributes, DURATION_BOUNDS, type DurationName, type Labels, type Meters } from "./port.ts";

/** How one duration is called by the conventions, and what of its labels. */
interface Instrument {
  readonly name: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
}

const INSTRUMENTS: Readonly<Record<DurationName, Instrument>> = {
  tidegate_call_duration_seconds: {
    name: "tidegate.call.duration",
    description: "How long guarded calls ran, from their permit to their end.",
    labels: { gate: "tidegate.gate", lane: "tidegate.lane", outcome: "tidegate.outcome" },
  },
  tidegate_wait_seconds: {
    name: "tidegate.wait.duration",
    description: "How long calls that had to wait for a permit did so.",
    labels: { gate: "tidegate.gate", lane: "tidegate.lane" },
  },
  tidegate_statement_duration_seconds: {
    name: "db.client.operation.duration",
    description: "Duration of database client operations.",
    labels: { lane: "tidegate.lane", outcome: "tidegate.outcome" },
  },
  http_server_request_duration_seconds: {
    name: "http.server.request.duration",
    description: "Duration of HTTP server requests.",
    labels: {
      http_request_method: "http.request.method",
      http_route: "http.route",
      http_response_status_code: "http.response.status_code",
    },
  },
};

const NOOP_METER = createNoopMeter();

export function createMeters(scope: string, version: string): Meters {
  let known: MeterProvider | null = null;
  let histograms: Readonly<Record<DurationName, Histogram>> | null = null;

  /** Null while no SDK is registered, whose place in the API nobody else takes. */
  const histogramsNow = () => {
    const provider = metrics.getMeterProvider();
    if (provider === known) return histograms;
    known = provider;
    const meter = provider.getMeter(scope, version);
    histograms = null;
    if (meter === NOOP_METER) return null;
    const advice = { explicitBucketBoundaries: [...DURATION_BOUNDS] };
    const made = Object.entries(INSTRUMENTS).map(([duration, { name, description }]) => [
      duration,
      meter.createHistogram(name, { description, unit: "s", advice }),
    ]);
    histograms = Object.fromEntries(made) as Record<DurationName, Histogram>;
    return histograms;
  };

  return {
    record: (duration, seconds, labels, beside) => {
      try {
        const histogram = histogramsNow()?.[duration];
        histogram?.record(seconds, attributesFor(INSTRUMENTS[duration], labels, beside));
      } catch {}
    },
  };
}

/** Of labels that are the same object each time, as those of instruments are. */
const KNOWN_ATTRIBUTES = new WeakMap<
  Labels,
  { readonly beside: Attributes | undefined; readonly all: ApiAttributes }
>();

function attributesFor({ labels: names }: Instrument, labels: Labels, beside: Attributes | undefined): ApiAttributes {
  const known = KNOWN_ATTRIBUTES.get(labels);
  if (known && known.beside === beside) return known.all;
  const all: ApiAttributes = { ...beside };
  for (const label in labels) {
    const name = names[label];
    const value = labels[label];
    if (name === undefined || value === undefined || value === "") continue;
    all[name] = name === "http.response.status_code" ? Number(value) : value;
  }
  KNOWN_ATTRIBUTES.set(labels, { beside, all });
  return all;
}
