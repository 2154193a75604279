/**
 * How each entry of the gate lies in Redis: an array packed by cmsgpack, its places in this order. A later release adds
 * at the end only; what this one does not know it keeps. Its kind is the first letter of its
 * field. Lua gets its readers and writers from here.
 */
export const SCHEMA = 1;

export type RecordKind = "c" | "window" | "override" | "lanes" | "p" | "t" | "i" | "a" | "w";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const RECORDS: Readonly<Record<RecordKind, readonly string[]>> = {
  /** The core, field `core`. */
  c: words(`schema due keptUntil waiting life clock adoptingUntil generation overrideVersion
    state since openUntil recoveredAt failedRecoveries failedProbes successes probes
    runFailures runSince lastFailureAt window override observedUntil operated
    adoptedGeneration adoptedOverrideVersion held heldMs arrivals openings`),
  window: words("start baseCalls baseFailures baseSlow from calls failures slow"),
  override: words("mode until actor reason"),
  lanes: words("request slow health"),
  /** Permits. */
  p: words("session lane generation grantedAt expiresAt deadlineMs probe adopted"),
  /** Tickets. */
  t: words("session lane arrival deadlineMs goneAt"),
  /** Sessions: instances. */
  i: words("opened doneBelow heard permits named"),
  /** What an instance says about itself. */
  a: words("runtime region version startedAt"),
  /** Seconds of the window. */
  w: words("at calls failures slow refused permits waiting"),
};

/** Parts of the core and of the configuration that are arrays themselves. */
export const NESTED: readonly (readonly [field: string, kind: RecordKind])[] = [
  ["waiting", "lanes"],
  ["window", "window"],
  ["held", "lanes"],
  ["heldMs", "lanes"],
];

/** As the batch brings it. */
const CONFIG = words(`enabled capacity maxWaiting windowSeconds windowCalls failureThreshold failureRate slowRate
  recoveryMs probes successesToClose connectTimeoutMs fullRetryAfterMs wakes adoptingMs sessionsKept`);

const kinds = (Object.keys(RECORDS) as RecordKind[]).map((kind) => [kind, RECORDS[kind]] as const);
const branches = (branch: (names: readonly string[]) => string) =>
  kinds.map(([kind, names]) => `  if kind == "${kind}" then ${branch(names)} end`).join("\n");

/** A table with names, written out since building it name by name takes ten times as long. */
const tableOf = (names: readonly string[]) => names.map((name, at) => `["${name}"] = list[${at + 1}]`).join(", ");
const arrayOf = (names: readonly string[]) => names.map((name) => `entry["${name}"]`).join(", ");
const placesOf = (names: readonly string[]) => names.map((_, at) => `list[${at + 1}]`).join(", ");

export const records: string = `
-- An array with names. It keeps the array, and with it what this release does not know.
function gate.named(kind, list)
${branches((names) => `return { list = list, ${tableOf(names)} }`)}
end

function gate.listed(kind, entry)
  local list = entry.list
  if list then
${branches((names) => `${placesOf(names)} = ${arrayOf(names)}`)}
    return list
  end
${branches((names) => `return { ${arrayOf(names)} }`)}
end

function gate.configOf(list)
  return { ${tableOf(CONFIG)} }
end
`;
