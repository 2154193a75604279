/** A Lambda of the test's own, that keeps one function with its versions and its alias, and refuses as the real one does. */
import { lambda } from "../../../../lib/recovery/hooks/lambda/lambda.ts";
import { type Runtime, systemRuntime } from "../../../../lib/runtime.ts";
import { type Reply, type Request, startPlatform } from "../server.ts";

export const KEYS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalr/secret+key",
  sessionToken: "session/secret+token",
};
export const FUNCTIONS = "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions";
const base = systemRuntime();

export interface Scenario {
  readonly alias?: string | null;
  readonly functionName?: string;
  readonly sessionToken?: string | null;
  readonly environment?: unknown;
  /** What else the configuration says. */
  readonly configuration?: object;
  /** Whether a change takes until the second look. */
  readonly slow?: boolean;
  readonly aliased?: object;
  /** The code that the alias serves. */
  readonly aliasCode?: string;
  /** Answers instead, where it does not return null. It may let `happen` what was asked. */
  readonly instead?: (request: Request, happen: () => Reply) => Reply | "reset" | null;
}

export async function startLambda(scenario: Scenario) {
  const { alias = null, functionName = "shop", sessionToken = KEYS.sessionToken, slow = false } = scenario;
  const { environment = { Variables: { DATABASE_URL: "postgres://app:pass-in-env@db/app", MODE: "x" } } } = scenario;
  let revision = 1;
  let looks = 0;
  let latest: object = { Environment: environment, LastUpdateStatus: "Successful", ...scenario.configuration };
  let aliased: Readonly<Record<string, unknown>> = { FunctionVersion: "7", RevisionId: "a1", ...scenario.aliased };
  const code = "sha-of-the-code";
  const version = (Version: string, more: object) => ({
    ...{
      FunctionName: functionName,
      Version,
      CodeSha256: code,
      RevisionId: `rev-${revision}`,
      State: "Active",
      ...more,
    },
  });

  const happen = ({ line, body }: Request): Reply => {
    const asked: Readonly<Record<string, unknown>> = body === "" ? {} : JSON.parse(body);
    const path = line.replace(/^(\w+) \S+?\/functions\/[^/]+/, "$1 ");
    if (path === "PUT /configuration" || path.startsWith("PUT /aliases/")) {
      const isAlias = path.startsWith("PUT /aliases/");
      const expected = isAlias ? aliased.RevisionId : `rev-${revision}`;
      if (asked.RevisionId !== expected) return refused(412, "The Revision Id provided does not match");
      if (isAlias) {
        aliased = { ...aliased, ...asked, RevisionId: "a2" };
        return { body: aliased };
      }
      revision += 1;
      looks = 0;
      latest = { ...latest, Environment: asked.Environment, LastUpdateStatus: slow ? "InProgress" : "Successful" };
      return { body: version("$LATEST", latest) };
    }
    if (path === "POST /versions") return { status: 201, body: version("8", { State: slow ? "Pending" : "Active" }) };
    if (path.startsWith("GET /aliases/")) return { body: aliased };
    if (path === "GET /configuration?Qualifier=7") {
      return { body: version("7", { CodeSha256: scenario.aliasCode ?? code }) };
    }
    looks += 1;
    if (path === "GET /configuration?Qualifier=8") return { body: version("8", {}) };
    if (looks > 1) latest = { ...latest, LastUpdateStatus: "Successful", ...scenario.configuration };
    return { body: version("$LATEST", latest) };
  };

  const platform = await startPlatform((request) => {
    const instead = scenario.instead?.(request, () => happen(request));
    return instead ?? happen(request);
  }, HASTY);
  const hook = lambda(
    { ...KEYS, region: "eu-central-1", sessionToken, functionName, alias },
    { ...platform.runtime, wallMs: () => Date.UTC(2026, 10, 26, 12, 0, 0) },
  );
  return { platform, hook, lines: () => platform.lines().map((line) => line.replace(FUNCTIONS, "")) };
}

/** Pauses are over at once; deadlines are as they are. */
const HASTY: Runtime = { ...base, setTimer: (task, ms) => base.setTimer(task, ms >= 10_000 ? ms : 0) };

export const refused = (status: number, message: string): Reply => ({ status, body: { Type: "User", message } });
