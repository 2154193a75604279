/**
 * The contract as OpenAPI 3.1, written by `npm run generate`: what `tide.routes()` answers for `tidegate/openapi`, and
 * all of the demo for its `/openapi.json`.
 *
 * Map of this folder: addresses, methods and what requests carry are read from the application itself (`requests`);
 * `operations/` says the rest of each, in the words of `operation`. The schemas of answers are in `lib/contract`, those of
 * the demo in `plant`; tests hold answers against them. `schemas` writes both as JSON Schema, `problems` the errors,
 * `components` what is shared; `document` puts it together.
 */
import { Hono } from "hono";
import { createApp } from "../../functions/app.ts";
import { readConfig } from "../../lib/config.ts";
import type { OpenApi } from "../../lib/openapi/types.ts";
import { fakeDatabase, manualRuntime, memory } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import manifest from "../../package.json" with { type: "json" };
import { documentOf } from "./document.ts";
import { DEMO } from "./operations/demo.ts";
import { HEALTH } from "./operations/health.ts";
import { OPERATORS } from "./operations/operators.ts";

const { version, license } = manifest;
const LIBRARY = { ...HEALTH, ...OPERATORS };

const info = (title: string, description: string): OpenApi["info"] => ({
  title,
  version,
  description: `${description} Every GET answers HEAD as well.`,
  license: { name: license, identifier: license },
});

/** Of an application that is looked at and never asked. */
const tide = () =>
  tidegate({
    database: fakeDatabase(() => []),
    store: memory(),
    config: readConfig({ DATABASE_URL: "postgres://localhost/fab", APP_ENV: "production", LOG_LEVEL: "error" }),
    runtime: manualRuntime(),
  });

export const libraryDocument = (): OpenApi =>
  documentOf(new Hono().route("/", tide().routes()), LIBRARY, info("Tidegate", "What `tide.routes()` answers."));

export const demoDocument = (): OpenApi =>
  documentOf(
    createApp(tide()),
    { ...LIBRARY, ...DEMO },
    info("Tidegate demo", "Reports and traces of a plant, behind Tidegate."),
  );

const HEAD = "// Written by `npm run generate` from infra/openapi and the routes: edit there.";

/** A module with it as data, for whoever adds paths of his own. */
export function libraryModule(): string {
  const types = "./types.ts";
  const document = JSON.stringify(libraryDocument());
  return `${HEAD}\nimport type { OpenApi } from "${types}";\nexport const document: OpenApi = ${document};\n`;
}

/** A module with it as the text that is served. */
export const demoModule = (): string =>
  `${HEAD}\nexport const OPENAPI: string = ${JSON.stringify(JSON.stringify(demoDocument()))};\n`;
