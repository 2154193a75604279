/** One application as OpenAPI 3.1: its own routes, and to each of them what is said of it. */
import type { Hono } from "hono";
import type { RouterRoute } from "hono/types";
import type { OpenApi } from "../../lib/openapi/types.ts";
import { componentsOf, requirementsOf } from "./components.ts";
import { type Answer, type Operation, type Operations, TAGS } from "./operation.ts";
import { type Problem, statusOf } from "./problems.ts";
import { bodyOf, parametersOf } from "./requests.ts";
import { answerSchema, refTo } from "./schemas.ts";

/** Whatever is asked for: something may go wrong, and other methods are refused. */
const ALWAYS: readonly Problem[] = ["Internal", "MethodNotAllowed"];

/**
 * @throws Error where a route is not described, or what is described is no route.
 */
// biome-ignore lint/suspicious/noExplicitAny: what its handlers find in their context is not looked at.
export function documentOf(app: Hono<any>, operations: Operations, info: OpenApi["info"]): OpenApi {
  const routes = new Map<string, RouterRoute[]>();
  for (const route of app.routes.filter(({ method }) => method !== "ALL")) {
    const name = `${route.method} ${route.path}`;
    routes.set(name, [...(routes.get(name) ?? []), route]);
  }
  const missing = [...routes.keys()].filter((name) => !(name in operations));
  const surplus = Object.keys(operations).filter((name) => !routes.has(name));
  if (missing.length + surplus.length > 0) {
    const found = `not described: ${missing.join(", ") || "none"}; no route: ${surplus.join(", ") || "none"}`;
    throw new Error(`describe the addresses: infra/openapi/operations must name every route, ${found}`);
  }
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const [method = "", path = ""] = name.split(" ");
    const described = operationObject(operation, method, routes.get(name) ?? []);
    const methods = { ...paths[path], [method.toLowerCase()]: described };
    // Every GET answers HEAD; of these the contract says so.
    paths[path] = path.startsWith("/health") ? { ...methods, head: headOf(described, operation) } : methods;
  }
  const used = new Set(Object.values(operations).map(({ tag }) => tag));
  const tags = Object.entries(TAGS).filter(([name]) => used.has(name as keyof typeof TAGS));
  return {
    openapi: "3.1.1",
    info,
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: componentsOf(paths),
  };
}

type Described = Readonly<Record<string, unknown>> & { readonly responses: Readonly<Record<string, object>> };

function operationObject(operation: Operation, method: string, routes: readonly RouterRoute[]): Described {
  const { id, summary, tag, access, example, idempotent } = operation;
  const security = requirementsOf(access, method);
  const parameters = [...parametersOf(routes), ...(idempotent ? [refTo("parameters", "IdempotencyKey")] : [])];
  const schema = bodyOf(routes);
  const body = schema && { "application/json": { schema, ...(example && { example }) } };
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(security && { security }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: body } }),
    responses: responsesOf(operation),
  };
}

function responsesOf({ answers, problems = [] }: Operation): Readonly<Record<string, object>> {
  const refused = [...ALWAYS, ...problems]
    // The narrower one first: what stands later holds.
    .map((problem) => [statusOf(problem), refTo("responses", problem)] as const);
  const answered = Object.entries(answers).map(([status, answer]) => {
    const problem = problems.find((each) => statusOf(each) === Number(status));
    return [status, responseOf(answer, problem)] as const;
  });
  return Object.fromEntries([...refused, ...answered]);
}

/** A payload, and where a problem has the same status, that as well. */
function responseOf({ description, headers = [], content }: Answer, problem?: Problem): object {
  const types = Object.entries(content).map(([type, schema]) => [
    type,
    { schema: schema ? answerSchema(schema) : { type: "string" } },
  ]);
  if (problem) types.push(["application/problem+json", { schema: refTo("schemas", "Problem") }]);
  return {
    description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map((name) => [name, refTo("headers", name)])) }),
    ...(types.length > 0 && { content: Object.fromEntries(types) }),
  };
}

/** The same without bodies. */
function headOf(described: Described, { id, summary }: Operation): object {
  const responses = Object.entries(described.responses).map(([status, response]) => {
    const { description, content: _, ...rest } = response as { description?: string; content?: unknown };
    return [status, description === undefined ? rest : { description, ...rest }];
  });
  return { ...described, operationId: `${id}Head`, summary, responses: Object.fromEntries(responses) };
}
