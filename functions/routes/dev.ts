/**
 * Breaking the database on purpose. The application mounts this under `/dev` with `APP_ENV=development` and at no other
 * time: elsewhere these paths do not exist.
 */
import { type Context, Hono } from "hono";
import { success, type TidegateEnv, validate } from "tidegate";
import type { FaultControl } from "tidegate/testing";
import * as v from "valibot";

const MAX_SECONDS = 120;

const whole = (min: number, max: number) => {
  const expected = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};

const FAULTS = ["slow", "failing", "hanging"] as const;
const refuseOthers = (known: string) => (issue: v.StrictObjectIssue) =>
  issue.expected === "never" ? `is not known here; known are ${known}` : "is needed";

const seconds = whole(1, MAX_SECONDS);
const wanted = v.variant(
  "mode",
  [
    v.strictObject({ mode: v.literal("none"), seconds: v.optional(seconds) }, refuseOthers("mode, seconds")),
    v.strictObject(
      {
        mode: v.picklist(FAULTS),
        seconds,
        delay_ms: v.optional(whole(1, MAX_SECONDS * 1000)),
      },
      refuseOthers("mode, seconds, delay_ms"),
    ),
  ],
  `must be one of ${[...FAULTS, "none"].join(", ")}`,
);

/**
 * POST `/faults` `{ mode, seconds, delay_ms? }` (`seconds` 1 to 120), GET `/faults`, and the
 * page at `/`; to be mounted under `/dev`.
 */
export function dev(faults: FaultControl): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  const current = (c: Context<TidegateEnv>): Response => {
    const fault = faults.current();
    return success(c, {
      mode: fault?.mode ?? "none",
      remaining_seconds: fault === null ? 0 : Math.ceil(fault.remainingMs / 1000),
    });
  };

  app.get("/", async (c) => (await import("../pages/dev.ts")).devPage(c));
  app.get("/faults", current);
  app.post("/faults", validate("json", wanted), (c) => {
    const body = c.req.valid("json");
    if (body.mode === "none") faults.clear();
    else {
      faults.set({
        mode: body.mode,
        forMs: body.seconds * 1000,
        ...(body.delay_ms === undefined ? {} : { delayMs: body.delay_ms }),
      });
    }
    return current(c);
  });
  return app;
}
