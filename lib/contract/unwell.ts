/** What says that a service is not well, whoever asks. By itself, since pages carry it: all of the contract would be a lot. */
export const UNWELL_CODES = [
  "DB_POOL_EXHAUSTED",
  "CIRCUIT_BREAKER_OPEN",
  "SERVICE_UNAVAILABLE",
  "DB_CONNECTION_FAILED",
] as const;
