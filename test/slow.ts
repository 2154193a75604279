/**
 * What takes minutes by its nature: real processes that are killed, restarted and put under load, embedded databases that
 * start anew for each test, whole bundles, packages and runtimes, and exhaustive models. It has a command of its own, `npm run test:slow`; `npm test` is for all the rest.
 */
export const SLOW: readonly string[] = [
  "test/browser/**",
  "test/bundles/**",
  "test/database/pglite.test.ts",
  "test/fleet/**",
  "test/gate/model.test.ts",
  "test/gate/protocol/**",
  "test/infra/**",
  "test/node/**",
  "test/observability/**",
  "test/package/**",
  "test/pressure/**",
  "test/recovery/killed.test.ts",
  "test/runtime/**",
  "test/store/redis-given-failover.test.ts",
  "test/store/redis-kinds.test.ts",
  "test/store/redis-sentinel.test.ts",
];
