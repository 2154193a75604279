/** An alias of a function: whom it serves gets a new version of what it has, and of nothing else. */
import * as v from "valibot";
import { segment } from "../credentials.ts";
import { CONFIGURATION, type Configuration, type LambdaFunction } from "./function.ts";

export interface Alias {
  readonly FunctionVersion: string;
  readonly RevisionId: string;
  /** Of a gradual rollout: further versions. */
  readonly RoutingConfig: { readonly AdditionalVersionWeights: Readonly<Record<string, number>> };
}

const ALIAS: v.GenericSchema<unknown, Alias> = v.object({
  FunctionVersion: v.string(),
  RevisionId: v.string(),
  RoutingConfig: v.nullish(v.object({ AdditionalVersionWeights: v.nullish(v.record(v.string(), v.number()), {}) }), {}),
});

const pathOf = (name: string) => `/aliases/${segment(name)}`;

async function read(fn: LambdaFunction, name: string, signal: AbortSignal): Promise<Alias> {
  return (await fn.get(`reading alias ${name}`, pathOf(name), signal)).read(ALIAS);
}

/**
 * The alias, fit to be moved to a new version of `$LATEST`.
 *
 * @throws HookError where a gradual rollout would be ended, or code released that nobody has released yet.
 */
export async function movable(
  fn: LambdaFunction,
  name: string,
  latest: Configuration,
  signal: AbortSignal,
): Promise<Alias> {
  const alias = await read(fn, name, signal);
  const doing = `reading alias ${name}`;
  const weights = Object.keys(alias.RoutingConfig.AdditionalVersionWeights);
  if (weights.length > 0) throw fn.refusal(doing, `it shares its traffic with ${weights.join(", ")}; end that first`);
  const { CodeSha256 } = await fn.configuration(alias.FunctionVersion, signal);
  if (CodeSha256 !== latest.CodeSha256) {
    throw fn.refusal(doing, `$LATEST has other code than its version ${alias.FunctionVersion}; release that first`);
  }
  return alias;
}

/** Publishing what is published already makes no second version. @returns the version that the alias is moved to. */
export async function release(fn: LambdaFunction, name: string, alias: Alias, signal: AbortSignal): Promise<string> {
  const { CodeSha256 } = await fn.settled(null, signal);
  const publish = { doing: "publishing a version", method: "POST", path: "/versions", body: { CodeSha256 } } as const;
  const published = await fn.change(publish, async () => false, signal);
  const version = published?.read(CONFIGURATION).Version ?? "";
  await fn.settled(version, signal);
  const body = { FunctionVersion: version, RevisionId: alias.RevisionId };
  const move = {
    doing: `moving alias ${name} to version ${version}`,
    method: "PUT",
    path: pathOf(name),
    body,
  } as const;
  await fn.change(move, async () => (await read(fn, name, signal)).FunctionVersion === version, signal);
  return version;
}
