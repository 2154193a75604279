/** What `tide.routes()` answers, as OpenAPI 3.1. Nobody else loads it. */
import { document } from "./document.generated.ts";
import type { OpenApi } from "./types.ts";

export type { OpenApi, OpenApiParts } from "./types.ts";

/**
 * `/health`, `/admin`, `/metrics` and `/internal/watchdog`: parameters, bodies, and every answer. Nothing serves it by
 * itself; an application that describes its own addresses has these beside them.
 *
 * @example
 * ```ts
 * import { openapi } from "tidegate/openapi";
 *
 * app.get("/openapi.json", (c) => c.json({ ...openapi, info, paths: { ...openapi.paths, ...paths } }));
 * ```
 */
export const openapi: OpenApi = document;
