/** A driver's package that is not there: what that is to a statement. */
import { missingPackage, notInstalled } from "../optional-package.ts";
import { databaseError } from "./failure.ts";
import { DatabaseError } from "./port.ts";

/** For its first use elsewhere: no outage, so nothing for the breaker. What went wrong otherwise stays what it is. */
export function withoutPackage(error: unknown, driver: string, name: string): unknown {
  if (missingPackage(error) !== name) return error;
  return new DatabaseError("statement", notInstalled(driver, name), {
    cause: databaseError("statement", error).vendorError(),
  });
}
