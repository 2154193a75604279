/**
 * What goes into the gate's script: arrays without names, and without what is nothing, since it is sent at every
 * renewal.
 */
import { gateMachine } from "../../../gate/machine.ts";
import type { Command, LaneReport, LaneSums, Opening, Renewal } from "../../../gate/renewal.ts";
import { noTotals, type Totals } from "../../../gate/state.ts";
import { LANES } from "../../../gate/types.ts";
import { numbersIn, RANKINGS, toRow } from "./records.ts";
import { toText } from "./text.ts";

/** All that changes together; a key in braces keeps it in one slot of a cluster. */
export function gateKeys(key: string): string[] {
  const hash = `${key}:${gateMachine.name}`;
  return [hash, ...RANKINGS.map((name) => `${hash}:${name}`)];
}

/**
 * Where an instance listens for what is pushed to it alone, and to all: `<PushMessage> <key>` for every gate of the scope.
 * They begin like keys, so that a user's rights to either are told by one pattern, `{tidegate:*`.
 */
export function pushChannels(scope: string, instance: string): readonly [own: string, all: string] {
  return [`{${scope}}:push:${instance}`, `{${scope}}:push`];
}

/** The script's first argument. The renewal must have been validated. */
export function encodeRenewal(renewal: Renewal): string {
  const { lanes, sums, tallies, votes, pings, open, opens, commands } = renewal;
  const added = totalsOf(sums, tallies);
  const row = toRow("renewal", {
    ...renewal,
    config: toRow("config", renewal.config),
    refused: sumOf(added.refused),
    lanes: withoutTail(LANES.map((lane) => encodeLane(lanes[lane], sums[lane]))),
    sums: encodeSums(added),
    votes: votes.length > 0 && votes.map((vote) => toRow("vote", vote)),
    pings: pings.length > 0 && pings.map(({ ok }) => ok),
    open: open && [open.remainingMs, open.agoMs],
    opening: opens && encodeOpening(opens),
    commands: commands.length > 0 && commands.map(encodeCommand),
  });
  return JSON.stringify(withoutTail(row));
}

const sumOf = (part: object): number => numbersIn(part).reduce((sum, number) => sum + number, 0);

/** False for what is nothing. */
function encodeLane(report: LaneReport, { ended }: LaneSums): unknown[] | false {
  const row = toRow("asked", { ...report, ended: sumOf(ended) });
  return row.some((part) => part !== 0) && row;
}

/** A false at the end says no more than its absence. */
function withoutTail(row: readonly unknown[]): readonly unknown[] {
  const length = row.findLastIndex((part) => part !== false) + 1;
  return row.slice(0, length);
}

/** What it adds to the totals: places of theirs, and how much, in turn. */
function encodeSums(added: Totals): number[] {
  return numbersIn(added).flatMap((sum, at) => (sum === 0 ? [] : [at + 1, sum]));
}

function totalsOf(sums: Renewal["sums"], tallies: Renewal["tallies"]): Totals {
  const totals = { ...noTotals(), renewals: 1 };
  Object.assign(totals.tallies, tallies);
  for (const lane of LANES) {
    Object.assign(totals.calls[lane], sums[lane].ended);
    Object.assign(totals.refused[lane], sums[lane].refused);
    totals.ranMs[lane] = sums[lane].ranMs;
    totals.waitedMs[lane] = sums[lane].waitedMs;
  }
  return totals;
}

function encodeOpening({ override, about, ...opening }: Opening): unknown[] {
  const { runtime, region, version, startedAt } = about;
  return toRow("opening", {
    ...opening,
    override: override && toRow("brought", { ...override, ...saying(override) }),
    about: [toText(runtime), toText(region), toText(version), startedAt],
  });
}

function encodeCommand(command: Command): unknown[] {
  if (command.kind === "view") return [command.kind];
  return toRow("command", { ...command, opId: toText(command.opId), ...saying(command) });
}

const saying = ({ actor, reason }: { readonly actor: string; readonly reason: string }) => ({
  actor: toText(actor),
  reason: toText(reason),
});
