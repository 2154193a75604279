/** OpenTelemetry as an application sets it up: the real SDK, which keeps in memory what it would export. */
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";

export interface RunningSdk {
  /** Those that have ended, in that order. */
  spans(): readonly ReadableSpan[];
  /** The one of that name. @throws Error where there is none, or more. */
  span(name: string): ReadableSpan;
  /** Values of one instrument: how many were recorded, by attributes. */
  recorded(name: string): Promise<readonly { readonly attributes: object; readonly count: number }[]>;
  stop(): Promise<void>;
}

export interface SdkOptions {
  readonly sampler?: Sampler;
  readonly processors?: readonly SpanProcessor[];
}

/** Registers it for the whole process, until it is stopped. */
export function startSdk({ sampler, processors = [] }: SdkOptions = {}): RunningSdk {
  const exporter = new InMemorySpanExporter();
  const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 3_600_000 });
  const sdk = new NodeSDK({
    autoDetectResources: false,
    instrumentations: [],
    spanProcessors: [new SimpleSpanProcessor({ exporter }), ...processors],
    metricReaders: [reader],
    ...(sampler && { sampler }),
  });
  sdk.start();
  const spans = () => exporter.getFinishedSpans();
  return {
    spans,
    span: (name) => {
      const [found, ...more] = spans().filter((span) => span.name === name);
      if (found && more.length === 0) return found;
      throw new Error(
        `one span "${name}" is needed, there are: ${spans()
          .map((span) => span.name)
          .join(", ")}`,
      );
    },
    recorded: async (name) => {
      await reader.forceFlush();
      const all =
        figures
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      const points = all
        .filter((metric) => metric.descriptor.name === name)
        .flatMap((metric) => [...metric.dataPoints]);
      return points.map(({ attributes, value }) => ({ attributes, count: (value as { count: number }).count }));
    },
    stop: async () => {
      await sdk.shutdown();
      for (const api of [trace, metrics, propagation, context]) api.disable();
    },
  };
}
