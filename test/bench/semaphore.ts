/** What a user would take instead of a gate in Redis: a counting semaphore from a well-known package. */
import { Redis } from "ioredis";
import { Semaphore } from "redis-semaphore";

export function semaphoreAt(redisUrl: string) {
  const client = new Redis(redisUrl);
  return {
    /** With an identifier of its own each time, as for users on several instances. */
    inAndOut: async () => {
      const semaphore = new Semaphore(client, "semaphore", 1_000, { lockTimeout: 30_000, refreshInterval: 0 });
      await semaphore.acquire();
      await semaphore.release();
    },
    close: () => client.disconnect(),
  };
}
