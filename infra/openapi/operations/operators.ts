/** What operators read and do. */
import { auditSchema } from "../../../lib/contract/audit.ts";
import { forgottenSchema } from "../../../lib/contract/kept.ts";
import { restartedSchema, workerStatusSchema } from "../../../lib/contract/restarts.ts";
import { sessionSchema, signedOutSchema } from "../../../lib/contract/session.ts";
import { overriddenSchema, systemStatusSchema } from "../../../lib/contract/system.ts";
import { enveloped, type Operations, text } from "../operation.ts";

/** Of whatever wants an admin. */
const ADMIN = ["Unauthorized", "Forbidden", "NotFound", "TooMany", "Unavailable"] as const;
/** Of what changes something, which is exactly JSON. */
const CHANGE = [...ADMIN, "Invalid", "TooLarge"] as const;

export const OPERATORS: Operations = {
  "GET /admin": {
    id: "console",
    summary: "The operators' console, or its login",
    tag: "Operators",
    answers: { 200: text("text/html", "A page") },
    problems: ["Forbidden", "NotFound", "TooMany", "Unavailable"],
  },
  "GET /admin/api/session": {
    id: "session",
    summary: "Who asks",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("A name, and the token for `X-CSRF-Token`", sessionSchema) },
    problems: ADMIN,
  },
  "POST /admin/api/session": {
    id: "signIn",
    summary: "Signs a browser in for eight hours",
    tag: "Operators",
    answers: { 200: { ...enveloped("Signed in", sessionSchema), headers: ["Set-Cookie"] } },
    problems: CHANGE,
  },
  "DELETE /admin/api/session": {
    id: "signOut",
    summary: "Signs a browser out; wants `Content-Type: application/json`, and no body",
    tag: "Operators",
    access: "admin",
    answers: { 200: { ...enveloped("Signed out", signedOutSchema), headers: ["Set-Cookie"] } },
    problems: CHANGE,
  },
  "GET /admin/api/system-status": {
    id: "systemStatus",
    summary: "The whole system: gates with their last minutes, instances, what to do",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("As it stands", systemStatusSchema) },
    problems: ADMIN,
  },
  "GET /admin/api/worker/status": {
    id: "workerStatus",
    summary: "Restarts, and the policy on them",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("As it stands", workerStatusSchema) },
    problems: ADMIN,
  },
  "POST /admin/api/worker/restart": {
    id: "restart",
    summary: "Restarts the workers, by the platform's hook",
    tag: "Operators",
    access: "admin",
    answers: { 202: enveloped("Handed to the platform", restartedSchema) },
    problems: [
      "Unauthorized",
      "Forbidden",
      "NotFound",
      "RestartTooSoon",
      "Unavailable",
      "InvalidRestart",
      "TooLarge",
      "RestartConflict",
      "KeyReused",
      "RestartFailed",
    ],
    idempotent: true,
    example: { manual_override: true, override_acknowledged: true, override_reason: "permits are stuck, INC-17" },
  },
  "POST /admin/api/breaker": {
    id: "breaker",
    summary: "Forces a gate's breaker open or closed, observes it only, leaves it to itself, or begins it anew",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("In force", overriddenSchema) },
    problems: CHANGE,
    example: { mode: "force_open", ttl_seconds: 600, reason: "the database is being moved" },
  },
  "POST /admin/api/kept/forget": {
    id: "forget",
    summary: "Forgets kept answers before their time: that of a key, all of a tag, or all whose keys begin so",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("Forgotten", forgottenSchema) },
    problems: CHANGE,
    example: { tag: "catalogue", reason: "prices were wrong" },
  },
  "GET /admin/api/audit": {
    id: "audit",
    summary: "Who did what, newest first; `next_cursor` leads to the page behind",
    tag: "Operators",
    access: "admin",
    answers: { 200: enveloped("A page", auditSchema) },
    problems: [...ADMIN, "Invalid"],
  },
};
