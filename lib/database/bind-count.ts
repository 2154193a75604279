/** How many bind values one statement may have: refused here, before the driver or the server is confused by more. */
import { DatabaseError } from "./port.ts";

/**
 * @param most what the protocol and the driver can count to.
 * @param remedy what to write instead.
 * @throws DatabaseError `statement` when there are more.
 */
export function assertFewBinds({ length }: readonly unknown[], most: number, remedy: string): void {
  if (length <= most) return;
  throw new DatabaseError(
    "statement",
    `bind values: at most ${most} are possible in one statement, there were ${length}; ${remedy}`,
  );
}
