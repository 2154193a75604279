/**
 * Errors of statements that a facade hands on as the driver has made them, since applications and ORMs read their codes:
 * what they are in the contract, for who has to answer one that nobody has caught.
 */
import { chainOf, ownErrorIn, type TidegateError } from "../errors.ts";
import { databaseError } from "./failure.ts";
import { faultOf } from "./fault-of.ts";

const HANDED_ON = new WeakSet<object>();

/** The guarded database has said it of a statement. */
export function noteHandedOn(error: unknown): void {
  if (typeof error === "object" && error !== null) HANDED_ON.add(error);
}

/** What an error is in the contract, or what it was made of; undefined where it is none of Tidegate or its facades. */
export function meantBy(error: unknown): TidegateError | undefined {
  const own = ownErrorIn(error);
  if (own) return own;
  const found = chainOf(error).find((one) => typeof one === "object" && one !== null && HANDED_ON.has(one));
  return found === undefined ? undefined : databaseError(faultOf(found) ?? "statement", found);
}
