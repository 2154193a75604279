/** The health endpoints. Their payloads are read by monitors as they stand, so they are never enveloped. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import type { DeepPayload, HealthPayload, Liveness, Readiness } from "../../contract/health.ts";
import type { Health, PayloadKind, Reading } from "../../health/health.ts";
import { HEALTH_JSON, healthJson } from "../../health/ietf.ts";
import type { Kept } from "../../kept/kept.ts";
import { andThen } from "../../store/port.ts";
import { keptPartOf } from "./kept-views.ts";

export interface HealthRoutesOptions {
  readonly health: Health;
  readonly kept: Pick<Kept, "lately">;
  readonly readiness: () => Readiness;
  /** Lets those pass who may read the deep payload, and answers the others. */
  readonly guard: MiddlewareHandler;
  readonly appVersion: string;
}

const JSON_TYPE = "application/json";
const NO_STORE = { "Cache-Control": "no-store" };
const HEADERS = { ...NO_STORE, Vary: "Accept" };
const JSON_HEADERS = { ...HEADERS, "Content-Type": JSON_TYPE };

export function healthRoutes(options: HealthRoutesOptions): Hono {
  const { health, kept, readiness, guard, appVersion } = options;
  const textOf = payloadTexts();

  const write = (c: Context, kind: PayloadKind, { report, ageMs, stale }: Reading): Response => {
    const status = report[kind].status === "unhealthy" ? 503 : 200;
    if (wantsHealthJson(c)) {
      const body = JSON.stringify(healthJson(report, appVersion));
      return c.body(body, status, { ...HEADERS, "Content-Type": HEALTH_JSON });
    }
    const own = kind === "health" ? `,"kept":${JSON.stringify(keptPartOf(kept.lately()))}` : "";
    const age = `,"age_ms":${ageMs}${stale ? ',"stale":true' : ""}}`;
    return c.body(textOf(report[kind]) + own + age, status, JSON_HEADERS);
  };
  const answer = (c: Context, kind: PayloadKind) => andThen(health.read(), (reading) => write(c, kind, reading));

  return (
    new Hono()
      .get("/health", (c) => answer(c, "health"))
      .get("/health/deep", guard, (c) => answer(c, "deep"))
      // No I/O at all: a dead database must never make a platform kill instances.
      .get("/health/live", (c) => c.json({ status: "alive" } satisfies Liveness, 200, NO_STORE))
      // The database never counts here: a balancer that emptied the fleet would leave nobody to answer politely.
      .get("/health/ready", (c) => c.json({ status: readiness() }, readiness() === "ready" ? 200 : 503, NO_STORE))
  );
}

/** Only by its name: who takes anything, as browsers and most monitors do, gets the contract's own form. */
function wantsHealthJson(c: Context): boolean {
  if (!/health\+json/i.test(c.req.header("Accept") ?? "")) return false;
  return accepts(c, { header: "Accept", supports: [JSON_TYPE, HEALTH_JSON], default: JSON_TYPE }) === HEALTH_JSON;
}

/** A payload is read thousands of times and written once; only its age and what is the instance's own differ. */
function payloadTexts(): (payload: HealthPayload | DeepPayload) => string {
  const texts = new WeakMap<HealthPayload | DeepPayload, string>();
  return (payload) => {
    const known = texts.get(payload);
    if (known !== undefined) return known;
    const open = JSON.stringify(payload).slice(0, -1);
    texts.set(payload, open);
    return open;
  };
}
