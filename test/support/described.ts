/** What is answered, held against what `/openapi.json` says is answered: status, type, body and headers. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Hono } from "hono";
import type { OpenApi } from "../../lib/openapi/types.ts";

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
/** Throws where what is told is not what is described. Paths that are not described are somebody else's. */
export type Hold = (method: string, path: string, told: Told) => void;

interface Response {
  readonly $ref?: string;
  readonly headers?: object;
  readonly content?: Readonly<Record<string, object>>;
}
type Methods = Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>;

const REMEDY = "What is right has to be said in infra/openapi, and then `npm run generate`.";
const LONGEST_SHOWN = 2_000;
/** Named where they may come, and not said to be there always. */
const AT_TIMES = [
  ...["RateLimit", "RateLimit-Policy", "Link", "Set-Cookie"],
  ...["Age", "Cache-Status", "ETag", "Retry-After", "Tidegate-As-Of"],
];

export function holdTo(document: OpenApi): Hold {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(narrowed(document), "openapi");
  const known = new Map<string, ValidateFunction>();
  const schemaAt = (...place: readonly string[]): ValidateFunction => {
    const $ref = `openapi#/${place.map(pointer).join("/")}`;
    const schema = known.get($ref) ?? ajv.compile({ $ref });
    known.set($ref, schema);
    return schema;
  };
  return (method, path, { status, headers, text }) => {
    const methods = document.paths[path] as Methods | undefined;
    if (!methods || method === "OPTIONS") return;
    const described = [method, "GET", "POST"].map((each) => each.toLowerCase()).find((each) => methods[each]) ?? "";
    const complain = (what: string): never => {
      const shown = text.slice(0, LONGEST_SHOWN);
      throw new Error(
        `${method} ${path} answered ${status}, and /openapi.json does not say so: ${what}. ${REMEDY}\n${shown}`,
      );
    };
    const found = methods[described]?.responses[status] ?? complain("the status");
    const place = found.$ref?.split("/").slice(1) ?? ["paths", path, described, "responses", String(status)];
    const shared = found.$ref && (document.components.responses?.[place.at(-1) ?? ""] as Response | undefined);
    const { content = {}, headers: named = {} } = shared || found;
    const lacking = Object.keys(named).filter((name) => !AT_TIMES.includes(name) && !headers.has(name));
    if (lacking.length > 0) complain(`it lacks ${lacking.join(", ")}`);
    const type = (headers.get("content-type") ?? "").split(";", 1)[0] ?? "";
    if (method === "HEAD" || status === 304) return;
    if (!(type in content)) complain(`the type ${type}`);
    if (!type.endsWith("json")) return;
    const schema = schemaAt(...place, "content", type, "schema");
    if (!schema(JSON.parse(text))) complain(ajv.errorsText(schema.errors, { dataVar: "" }));
  };
}

/** Every answer to `app.request` is held to it. */
// biome-ignore lint/suspicious/noExplicitAny: whatever its handlers find in their context.
export function described<App extends Hono<any>>(app: App, hold: Hold): App {
  const { request } = app;
  app.request = async (...asked: Parameters<typeof request>) => {
    const response = await request(...asked);
    const [input, init] = asked;
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const { pathname } = new URL(input instanceof Request ? input.url : input, "http://localhost");
    const { status, headers } = response;
    // A stream is its reader's.
    const text = headers.get("content-type")?.includes("json") ? await response.clone().text() : "";
    hold(method.toUpperCase(), pathname, { status, headers, text });
    return response;
  };
  return app;
}

const pointer = (name: string): string => encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Clients have to bear names that are added later; here a name that is answered and not described is a fault. */
function narrowed(document: OpenApi): object {
  return JSON.parse(JSON.stringify(document), (_, value) =>
    value?.type === "object" && value.properties ? { additionalProperties: false, ...value } : value,
  );
}
