/** What the rules for the public API do not hold for, each with its reason. A row that nobody needs fails. */

const rows = (reason: string, names: string): readonly (readonly [string, string])[] =>
  names.split(/\s+/).map((name) => [name, reason]);

const MADE = "It is made without asking anybody; what its calls reject with, its port says.";
const LOOKS = "It reads what is there.";
const SWITCHES = "It changes a value of its own.";
const ENDS = "It ends what is there; what does not end well is logged.";
const WATCHES = "Watching breaks nothing: it swallows whatever it meets.";
const THEIRS = "It is the platform's, or the user's: Tidegate calls it, and takes whatever it throws.";

/** Functions that need not say what they throw. */
export const QUIET: ReadonlyMap<string, string> = new Map([
  ...rows(
    MADE,
    `cloudRun cloudflare cloudflareBuildHook denoDeploy fly githubActions heroku kubernetes netlify
    netlifyHook nodeHook railway render vercel vercelHook createClient denoKv fakeDatabase manualRuntime
    memory misconfigured supervisorOf withFaults Database.forRequest GuardedDatabase.lane
    GuardedDatabase.with StoreAdapter.open Tidegate.middleware Tidegate.routes`,
  ),
  ...rows(
    LOOKS,
    `Database.pool DatabaseError.code DatabaseError.vendorError Events.wants FaultControl.current
    ManualRuntime.pendingTimers Refused.gate Supervisor.report Supervisor.workers Tidegate.gates`,
  ),
  ...rows(
    SWITCHES,
    `FaultControl.clear ManualRuntime.jumpWall ManualRuntime.stall Tidegate.drain RestartProvider.listen
    Store.onPush SupervisorHandle.onReloaded`,
  ),
  ...rows(ENDS, "Database.close Serving.stop Store.close Supervisor.stop Tidegate.close"),
  ...rows(
    WATCHES,
    `Meters.record Span.end Span.event Span.fail Span.rename Span.set Tracing.active Tracing.begin
    Tracing.current Tracing.headers Tracing.isOn`,
  ),
  ...rows(
    THEIRS,
    `HealthKeep.get HealthKeep.put ObjectNamespace.get ObjectNamespace.idFromName ObjectStub.fetch
    SharedTexts.read SharedTexts.remove SharedTexts.watch SharedTexts.write TidegateObject.alarm`,
  ),
]);

/** Numbers that measure nothing. */
export const UNITLESS: ReadonlyMap<string, string> = new Map([
  ...rows("A position in a log, from 1.", "before expectedHead"),
  ...rows("How many times as much.", "factor"),
  ...rows("A place in an order, from 1.", "attempt"),
  ...rows("A version.", "expectedVersion overrideVersion"),
  ...rows("A name that is a number.", "database pid port seed status"),
  ...rows("A place in an order, from 0.", "rank"),
  ...rows("Of whatever a limit is of: requests, attempts.", "count remaining"),
]);

/** Types that public ones speak of and that no entry exports. */
export const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ...rows("Hono's; its own package exports it.", "Context Hono MiddlewareHandler TypedResponse"),
  ...rows("Hono's; its own package exports it.", "ContentfulStatusCode JSONParsed ValidationTargets"),
  ...rows("Of @hono/node-server, which exports it.", "HttpBindings"),
  ...rows(
    "Of @standard-schema/spec, which exports it.",
    `StandardSchemaV1 StandardSchemaV1.InferInput StandardSchemaV1.InferOutput`,
  ),
  ...rows("Nobody but `sql` and `list` may make a statement.", "statementBrand"),
  ...rows("What workers say to their supervisor by IPC; `process` is handed in as it is.", "ToSupervisor"),
]);
