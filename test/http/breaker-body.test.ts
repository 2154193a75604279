/** What `POST /admin/api/breaker` lets through, a gate takes: an operator's word is never an internal error. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { validateOperate } from "../../lib/gate/validate.ts";
import { breakerBody } from "../../lib/http/routes/admin/breaker.ts";

const WORD = { mode: "force_open", ttl_seconds: 60, reason: "maintenance", expected_version: 0 } as const;
/** The longest name that an identity may have. */
const ACTOR = "a".repeat(256);

test.each(["force_open", "force_closed", "observe", "auto", "reset"] as const)("%s is a word to a gate", (mode) => {
  const { reason } = v.parse(breakerBody, { mode, reason: "maintenance" });
  const word = { kind: "operate", opId: "x", mode, reason, actor: ACTOR, ttlMs: 1, expectedVersion: null } as const;
  expect(() => validateOperate(word)).not.toThrow();
});

const LIMITS: readonly [what: string, at: object, beyond: object][] = [
  ["the longest time", { ttl_seconds: 86_400 }, { ttl_seconds: 86_401 }],
  ["the shortest time", { ttl_seconds: 1 }, { ttl_seconds: 0 }],
  ["the longest reason", { reason: "x".repeat(500) }, { reason: "x".repeat(501) }],
  ["the largest version", { expected_version: 1e14 - 1 }, { expected_version: 1e14 }],
  ["the smallest version", { expected_version: 0 }, { expected_version: -1 }],
];

test.each(LIMITS)("%s is taken by the gate, and what is beyond it is refused before", (_, at, beyond) => {
  const { mode, reason, ttl_seconds = 1, expected_version = null } = v.parse(breakerBody, { ...WORD, ...at });
  const word = { kind: "operate", opId: crypto.randomUUID(), mode, reason, actor: ACTOR } as const;
  expect(() =>
    validateOperate({ ...word, ttlMs: ttl_seconds * 1_000, expectedVersion: expected_version }),
  ).not.toThrow();
  expect(v.safeParse(breakerBody, { ...WORD, ...beyond }).success).toBe(false);
});
