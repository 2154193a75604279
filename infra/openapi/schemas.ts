/** The schemas of requests and payloads as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. */
import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { auditSchema } from "../../lib/contract/audit.ts";
import { metaSchema, problemSchema } from "../../lib/contract/envelope.ts";
import { deepSchema, healthSchema, ietfSchema, misconfiguredSchema } from "../../lib/contract/health.ts";
import * as parts from "../../lib/contract/parts.ts";
import { restartedSchema, workerStatusSchema } from "../../lib/contract/restarts.ts";
import { systemStatusSchema } from "../../lib/contract/system.ts";
import { isoTime } from "../../lib/contract/values.ts";

const { thresholds, alerts, restart_churn: restartChurn } = parts.resilience.entries;

/** What has a name in the document. */
const NAMED: Readonly<Record<string, v.GenericSchema>> = {
  Time: isoTime,
  Meta: metaSchema,
  Problem: problemSchema,
  Health: healthSchema,
  DeepHealth: deepSchema,
  HealthJson: ietfSchema,
  MisconfiguredHealth: misconfiguredSchema,
  CircuitBreaker: parts.circuitBreaker,
  Forced: parts.forcedByOperator,
  PoolRuntime: parts.poolRuntime,
  PoolState: parts.poolState,
  DegradedReason: parts.degradedReason,
  StateStore: parts.stateStore,
  Resilience: parts.resilience,
  Thresholds: thresholds,
  Alerts: alerts,
  RestartChurn: restartChurn,
  PolicyState: parts.policyState,
  Recommendation: parts.recommendation,
  RuntimeContract: parts.runtimeContract,
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
