/** One function, as Lambda's API shows and changes it; every request is signed. https://docs.aws.amazon.com/lambda/latest/api/ */
import { AwsV4Signer } from "aws4fetch";
import * as v from "valibot";
import type { Runtime } from "../../../runtime.ts";
import { sleep } from "../../../time.ts";
import { json, type PlatformAnswer, type PlatformCall } from "../answer.ts";
import { secretsOf, segment } from "../credentials.ts";
import type { Progress } from "../hook.ts";
import type { LambdaFunctionOptions } from "../options.ts";
import { type Platform, platform } from "../platform.ts";

export interface Configuration {
  readonly Version: string;
  readonly CodeSha256: string;
  readonly RevisionId: string;
  readonly State: string | null;
  readonly LastUpdateStatus: string | null;
  readonly LastUpdateStatusReasonCode: string | null;
  readonly Environment: {
    readonly Variables: Readonly<Record<string, string>>;
    readonly Error: { readonly ErrorCode: string } | null;
  };
}

const TEXT = v.nullish(v.string(), null);
/** A function without variables has no environment at all. */
export const CONFIGURATION: v.GenericSchema<unknown, Configuration> = v.object({
  Version: v.string(),
  CodeSha256: v.string(),
  RevisionId: v.string(),
  State: TEXT,
  LastUpdateStatus: TEXT,
  LastUpdateStatusReasonCode: TEXT,
  Environment: v.nullish(
    v.object({
      Variables: v.nullish(v.record(v.string(), v.string()), {}),
      Error: v.nullish(v.object({ ErrorCode: v.nullish(v.string(), "no code") }), null),
    }),
    {},
  ),
});

/** Somebody else's change is under way, or came first. */
const CONFLICTS: Readonly<Record<number, string>> = {
  409: "another change is under way (ResourceConflictException); ask again when it is done",
  412: "it was changed after it was read (PreconditionFailedException); ask again",
};
const LOOK_PAUSE_MS = 1_000;
const MOST_LOOKS = 60;

export interface LambdaFunction {
  readonly refusal: Platform["refusal"];
  /** @param qualifier a version or an alias; null: `$LATEST`. */
  configuration(qualifier: string | null, signal: AbortSignal): Promise<Configuration>;
  /** Looks once a second until nothing is under way, a minute at the most. */
  settled(qualifier: string | null, signal: AbortSignal): Promise<Configuration>;
  /** @param path below the function's. */
  get(doing: string, path: string, signal: AbortSignal): Promise<PlatformAnswer>;
  /**
   * Asks for what is once, however often it is asked for: a revision guards it. Null where a conflict says that it has
   * been done: an attempt arrived whose answer did not. @param isDone asked where there is a conflict.
   */
  change(call: Change, isDone: () => Promise<boolean>, signal: AbortSignal): Promise<PlatformAnswer | null>;
}

export interface Change extends Pick<PlatformCall, "doing" | "secrets"> {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly body: object;
}

export function lambdaFunction(options: LambdaFunctionOptions, runtime?: Runtime): LambdaFunction {
  const { region, functionName, secretAccessKey, sessionToken } = options;
  const aws = platform({
    hook: "lambda",
    secrets: secretsOf(secretAccessKey, sessionToken),
    runtime,
    sign: (call, headers) => signed(options, call, headers, aws.runtime.wallMs()),
  });
  const { ask, refusal } = aws;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const base = `https://lambda.${region}.${domain}/2015-03-31/functions/${segment(functionName)}`;
  const get = (doing: string, path: string, signal: AbortSignal) =>
    ask({ doing, method: "GET", url: base + path }, signal);

  const self: LambdaFunction = {
    refusal,
    get,
    async configuration(qualifier, signal) {
      const path = `/configuration${qualifier === null ? "" : `?Qualifier=${segment(qualifier)}`}`;
      return (await get("reading the configuration", path, signal)).read(CONFIGURATION);
    },
    async settled(qualifier, signal) {
      const doing = `waiting for ${qualifier ?? "the configuration"}`;
      for (let look = 1; look <= MOST_LOOKS; look++) {
        const found = await self.configuration(qualifier, signal);
        const { state, status } = progressOf(found);
        if (state === "succeeded") return found;
        if (state === "failed") throw refusal(doing, `found: ${status}`, "failed");
        await sleep(aws.runtime, LOOK_PAUSE_MS, signal);
      }
      throw refusal(doing, `it is not ready after ${MOST_LOOKS} looks`, "failed");
    },
    async change({ doing, method, path, body, secrets = [] }, isDone, signal) {
      const call: PlatformCall = {
        doing,
        method,
        url: base + path,
        ...json(body),
        secrets,
        repeatable: true,
        accept: Object.keys(CONFLICTS).map(Number),
      };
      const answer = await ask(call, signal);
      const conflict = CONFLICTS[answer.status];
      if (conflict === undefined) return answer;
      if (await isDone()) return null;
      throw refusal(doing, conflict);
    },
  };
  return self;
}

async function signed(
  options: LambdaFunctionOptions,
  call: PlatformCall,
  headers: Headers,
  wallMs: number,
): Promise<Headers> {
  const { region, accessKeyId, secretAccessKey, sessionToken } = options;
  const signer = new AwsV4Signer({
    method: call.method,
    url: call.url,
    headers,
    region,
    accessKeyId,
    secretAccessKey,
    service: "lambda",
    ...(call.body !== undefined && { body: call.body }),
    ...(sessionToken !== null && { sessionToken }),
    // To the second, without punctuation.
    datetime: new Date(wallMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  return (await signer.sign()).headers;
}

/** A version that is being made is `Pending`; a configuration that is being changed, `InProgress`. */
export function progressOf({ State, LastUpdateStatus, LastUpdateStatusReasonCode }: Configuration): {
  readonly state: Progress["state"];
  readonly status: string;
} {
  const words = [State, LastUpdateStatus, LastUpdateStatusReasonCode].filter((word) => word !== null);
  const has = (...names: readonly string[]) => names.some((name) => words.includes(name));
  const state = has("Failed") ? "failed" : has("Pending", "InProgress") ? "running" : "succeeded";
  return { state, status: words.join(", ") };
}
