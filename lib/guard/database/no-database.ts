/** What stands where the guarded database would be, in an application that has given none: it says what to write. */
import type { GuardedDatabase } from "./guarded-database.ts";

function explain(): never {
  throw new TypeError(
    "The guarded database was asked, and there is none: write tidegate({ database: postgres(url), … }) for one; or guard " +
      "your own connections, by a facade such as guardPool(tide, pool) of tidegate/adapters/pg, or by tide.run",
  );
}

const rejecting = async (): Promise<never> => explain();

/** Whatever is asked of it rejects, or throws where it returns no promise, before it has a permit. */
export const NO_DATABASE: GuardedDatabase = {
  query: rejecting,
  one: rejecting,
  stream: explain,
  transaction: rejecting,
  lane: () => NO_DATABASE,
  with: () => NO_DATABASE,
};
