/** `tidegate audit`: who did what, newest first; `tidegate audit verify`: whether that is what was written. */
import type { AuditPage } from "../../contract/audit.ts";
import { verifyAudit } from "../../recovery/audit/verify.ts";
import { LOG_RECORDS_KEPT } from "../../store/port.ts";
import { whole } from "../arguments.ts";
import { headsIn } from "../audit/heads.ts";
import { LARGEST_PAGE, linesOf, page, recordsOf } from "../audit/records.ts";
import { type Command, EXIT, type Finding, type Given, type World, wrongUsage } from "../command.ts";
import { SERVER_OPTIONS, type Server, serverOf } from "../server.ts";
import { columns, counted } from "../text.ts";

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 100_000;

export const audit: Command = {
  name: "audit",
  words: "[verify]",
  mostWords: 1,
  summary: "Lists who did what, newest first; verify checks that nothing of it was changed.",
  findingMeans: "refused; with verify: the audit is not what was written",
  options: {
    limit: { value: "N", help: `how many records; default ${DEFAULT_LIMIT}` },
    before: { value: "POSITION", help: "only older ones than this: the next page" },
    file: { value: "FILE", help: "verify an AUDIT_FILE instead of asking the application" },
    heads: { value: "LOGFILE", help: "verify also that what its structured log has noted is still there" },
    ...SERVER_OPTIONS,
  },
  more: [
    [
      "verify computes the hash of every record here, and compares. Who may write to the log may cut off its ends, which",
      "only --heads shows: keep the structured log where the application cannot change it. Of a file that is rotated,",
      "put the parts together first: cat audit.jsonl.1 audit.jsonl > whole.jsonl.",
    ].join("\n"),
    "Example:  tidegate audit verify --file /var/lib/fab/audit.jsonl --heads /var/log/fab.log",
  ],
  run: (given, world) => {
    const [word] = given.words;
    if (word === "verify") return verified(given, world);
    if (word !== undefined)
      throw wrongUsage("tidegate audit: there is no such word.", "There is verify, and nothing else.");
    for (const option of ["file", "heads"]) {
      if (given.text(option)) throw wrongUsage(`--${option} goes with verify.`, "Say tidegate audit verify.");
    }
    return listed(given, world);
  },
};

async function listed(given: Given, world: World): Promise<Finding> {
  const limit = whole(given, "limit", 1, LARGEST_LIMIT) ?? DEFAULT_LIMIT;
  const before = whole(given, "before", 1, Number.MAX_SAFE_INTEGER) ?? null;
  const { records, damaged, next_cursor: next } = await pages(serverOf(given, world), before, limit);
  return {
    exit: EXIT.fine,
    json: { records, damaged, next_cursor: next },
    text: (paint) => [
      ...columns(rowsOf({ records, damaged })),
      ...(records.length + damaged.length === 0 ? ["no records"] : []),
      ...(next === null ? [] : [paint("quiet", `older ones: tidegate audit --before ${next}`)]),
    ],
  };
}

/** In the order of their positions, also where there is no record any more. */
function rowsOf({ records, damaged }: Pick<AuditPage, "records" | "damaged">): string[][] {
  const rows = [
    ...damaged.map((position) => ({ position, cells: ["damaged: there is no record any more"] })),
    ...records.map((record) => ({ position: record.position, cells: cellsOf(record) })),
  ];
  return rows
    .sort((one, other) => other.position - one.position)
    .map(({ position, cells }) => [`${position}`, ...cells]);
}

function cellsOf(record: AuditPage["records"][number]): string[] {
  const {
    at,
    actor,
    actor_name: name,
    actor_name_verified: verified,
    action,
    decision,
    outcome,
    count,
    reason,
  } = record;
  return [
    at,
    name ? `${name}${verified ? "" : " (unverified)"}, ${actor}` : actor,
    action,
    decision,
    count === undefined ? outcome : `${outcome} ${count} times`,
    reason ?? "",
  ];
}

/** As many pages as it takes. */
async function pages(server: Server, before: number | null, limit: number): Promise<AuditPage> {
  const records: AuditPage["records"][number][] = [];
  const damaged: number[] = [];
  for (let cursor = before; ; ) {
    const found = await page(server, cursor, Math.min(LARGEST_PAGE, limit - records.length - damaged.length));
    records.push(...found.records);
    damaged.push(...(found.damaged ?? []));
    const isDone = found.next_cursor === null || records.length + damaged.length >= limit;
    if (isDone) return { records, damaged, next_cursor: found.next_cursor };
    cursor = Number(found.next_cursor);
  }
}

async function verified(given: Given, world: World): Promise<Finding> {
  for (const option of ["limit", "before"]) {
    if (given.text(option)) throw wrongUsage(`--${option}: verify reads everything.`, "Leave it out.");
  }
  const [path, log] = [given.text("file"), given.text("heads")];
  const { records, leftOver } =
    path === undefined ? { records: recordsOf(serverOf(given, world)), leftOver: false } : await linesOf(path);
  const noted = log === undefined ? null : await headsIn(log);
  const verdict = await verifyAudit(records, "", noted?.heads ?? []);
  const faults = [
    ...verdict.faults,
    ...(noted?.forked ?? []).map((position) => `record ${position} was noted twice, with different contents`),
    ...(noted?.heads.length === 0 ? ["the log notes no record: nothing shows whether the end was cut off"] : []),
  ];
  const { checked, oldest, agedOut, head } = verdict;
  const notes = [
    ...(noted === null ? ["whether the end was cut off shows with --heads LOGFILE alone"] : []),
    ...(oldest > 1 ? [`records before ${oldest} are no longer kept`] : []),
    ...(agedOut > 0 ? [`${counted(agedOut, "record")} of these noted: a log keeps the last ${LOG_RECORDS_KEPT}`] : []),
    ...(leftOver ? ["the last line is not whole: a crash has left it, and it was never answered for"] : []),
  ];
  const isSound = faults.length === 0;
  return {
    exit: isSound ? EXIT.fine : EXIT.finding,
    json: {
      sound: isSound,
      checked,
      oldest,
      head,
      heads_noted: noted?.heads.length ?? null,
      heads_aged_out: agedOut,
      faults,
      notes,
    },
    text: (paint) => [
      isSound
        ? `${paint("good", "sound")}: ${counted(checked, "record")}${head ? `, head ${head.position} ${head.hash}` : ""}`
        : `${paint("bad", "not sound")}: ${counted(faults.length, "fault")} in ${counted(checked, "record")}`,
      ...faults.map((fault) => `  ${fault}`),
      ...notes.map((note) => paint("quiet", `  ${note}`)),
    ],
  };
}
