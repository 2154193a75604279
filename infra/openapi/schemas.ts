/** The schemas of requests and payloads as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. */
import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { metaSchema, problemSchema } from "./payloads/envelope.ts";
import * as health from "./payloads/health.ts";
import { auditSchema, restartedSchema, workerStatusSchema } from "./payloads/restarts.ts";
import { systemStatusSchema } from "./payloads/system.ts";
import { isoTime } from "./payloads/values.ts";

const { thresholds, alerts, restart_churn: restartChurn } = health.resilience.entries;

/** What has a name in the document. */
const NAMED: Readonly<Record<string, v.GenericSchema>> = {
  Time: isoTime,
  Meta: metaSchema,
  Problem: problemSchema,
  Health: health.healthSchema,
  DeepHealth: health.deepSchema,
  HealthJson: health.ietfSchema,
  MisconfiguredHealth: health.misconfiguredSchema,
  CircuitBreaker: health.circuitBreaker,
  Forced: health.forcedByOperator,
  PoolRuntime: health.poolRuntime,
  PoolState: health.poolState,
  DegradedReason: health.degradedReason,
  StateStore: health.stateStore,
  Resilience: health.resilience,
  Thresholds: thresholds,
  Alerts: alerts,
  RestartChurn: restartChurn,
  PolicyState: health.policyState,
  Recommendation: health.recommendation,
  RuntimeContract: health.contract,
  SystemStatus: systemStatusSchema,
  WorkerStatus: workerStatusSchema,
  Restarted: restartedSchema,
  Audit: auditSchema,
};
const names = new Map(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

export const refTo = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

const BOTH: ConversionConfig = {
  target: "draft-2020-12",
  definitions: NAMED,
  overrideRef: ({ referenceId }) => refTo("schemas", referenceId).$ref,
  // What only code can say.
  ignoreActions: ["check", "trim"],
};

/** Of an answer: others may be added to its names at any time, so that no client may refuse them. */
const ANSWERS: ConversionConfig = {
  ...BOTH,
  overrideSchema: ({ valibotSchema, jsonSchema }) => {
    if (valibotSchema.type === "nullable") return nullable(jsonSchema);
    if (valibotSchema.type !== "strict_object") return undefined;
    const { additionalProperties: _, ...open } = jsonSchema;
    return open;
  },
};

/** `{ type: ["string", "null"] }`, where that says as much as a choice of two schemas. */
function nullable(jsonSchema: JsonSchema): JsonSchema | undefined {
  const [found] = (jsonSchema.anyOf ?? []) as JsonSchema[];
  if (typeof found?.type !== "string" || found.enum) return undefined;
  return { ...found, type: [found.type, "null"] } as JsonSchema;
}

/** By its name, where it has one. */
export function answerSchema(schema: v.GenericSchema): object {
  const name = names.get(schema);
  return name === undefined ? converted(schema, ANSWERS) : refTo("schemas", name);
}

/** As it is sent; what is not known there is refused. */
export const requestSchema = (schema: v.GenericSchema): object => converted(schema, { ...BOTH, typeMode: "input" });

export const namedSchemas = (): Readonly<Record<string, object>> => toJsonSchemaDefs(NAMED, ANSWERS);

function converted(schema: v.GenericSchema, config: ConversionConfig): object {
  const { $schema: _, $defs: __, ...own } = toJsonSchema(schema, config);
  return own;
}
