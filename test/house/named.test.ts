/** What the code has a name for and people look for is in its page, all of it, and no page has a name that the code has not. */
import { expect, test } from "vitest";
import { OPENAPI } from "../../functions/openapi.generated.ts";
import { REFUSAL_REASONS } from "../../lib/gate/types.ts";
import { refusal } from "../../lib/guard/refusal.ts";
import { EVENTS, type EventRow } from "../../lib/log/events.ts";
import { METRIC_NAMES } from "../../lib/metrics/catalogue.ts";
import { commands, constants, isQuoted, logged, metricNames, settings, statusOf } from "./named.ts";
import { page, pages, rows } from "./pages.ts";
import { allFiles, read } from "./sources.ts";

const all = pages();
const pageOf = (path: string) => all.find((one) => one.path === path) ?? page(path, "");
const manifest = JSON.parse(read("package.json"));

/** Names that are others': of platforms, images, databases, other libraries. */
const FOREIGN = [
  "CAPABILITY_IAM NODE_ENV NODE_EXTRA_CA_CERTS POSTGRES_DB POSTGRES_HOST_AUTH_METHOD",
  "BINARY_FLOAT BINARY_DOUBLE EXPIRE_TIME CANCEL_SQL SWITCH_ELAPSED_TIME MAX_IDLE_BLOCKER_TIME",
  "METRICS_ONLY FORCED_OPEN",
  "GRAFANA_PASSWORD BETTERSTACK_TOKEN OTLP_ENDPOINT",
  "OTEL_DENO OTEL_EXPORTER_OTLP_ENDPOINT",
].flatMap((names) => names.split(" "));

const firstCells = (path: string, head: string) =>
  rows(pageOf(path), head).flatMap(([cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

test("docs/errors.md has every error code with its status, and no other", () => {
  const told = rows(pageOf("docs/errors.md"), "code").map(([code = "", status = ""]) => [
    code.replaceAll("`", ""),
    Number(status),
  ]);
  expect(Object.fromEntries(told)).toEqual(statusOf);
  expect(told).toHaveLength(Object.keys(statusOf).length);
});

test("docs/errors.md has every reason of a refusal with its code, and no other", () => {
  const told = rows(pageOf("docs/errors.md"), "`reason`").flatMap(([reasons = "", code = ""]) =>
    reasons.split(", ").map((reason) => `${reason} ${code}`.replaceAll("`", "")),
  );
  const reasons = [...REFUSAL_REASONS, "too_many_gates" as const];
  expect(sorted(told)).toEqual(sorted(reasons.map((reason) => `${reason} ${refusal("main", reason, 0).code}`)));
});

test("the table of log events has each that is logged, at its level, and none that nothing logs", () => {
  const events: readonly EventRow[] = Object.values(EVENTS).flat();
  const known = events.flatMap(({ event, level }) =>
    (level === "any" ? ["debug", "info", "warn", "error"] : [level]).map((at) => `${at} ${event}`),
  );
  expect([...logged].filter((one) => !known.includes(one))).toEqual([]);
  expect(events.filter(({ event }) => !isQuoted(event))).toEqual([]);
  expect(new Set(events.map(({ event, level }) => `${level} ${event}`)).size).toBe(events.length);
});

test("docs/operating/metrics.md has every metric, and no page another", () => {
  const names = metricNames();
  expect(sorted(firstCells("docs/operating/metrics.md", "metric"))).toEqual(sorted(METRIC_NAMES));
  const gone = firstCells("CHANGELOG.md", "was");
  const others = new Set(["tidegate_process", "tidegate_kept", "tidegate_session", ...gone]);
  const wrong = all.flatMap(({ path, text }) =>
    [...text.matchAll(/\btidegate_[a-z_]*[a-z]/g)]
      .filter(([name]) => !names.has(name) && !others.has(name))
      .map(([name]) => `${path} ${name}`),
  );
  expect(wrong).toEqual([]);
});

test("docs/architecture.md has every room of lib, and no other", () => {
  const rooms = allFiles().flatMap((path) => /^lib\/([\w-]+)\//.exec(path)?.[1] ?? []);
  const told = rows(pageOf("docs/architecture.md"), "room").flatMap(([cell = ""]) => cell.match(/[\w-]+/g) ?? []);
  expect(sorted(told)).toEqual(sorted(rooms));
});

test("docs/decisions/dependencies.md says what each dependency is for, and names no other", () => {
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const told = firstCells("docs/decisions/dependencies.md", "dependency");
  expect(told.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }).sort());
});

test("pages import from entries that the package has", () => {
  const entries = Object.keys(manifest.exports).map((name) => name.replace(/^\./, "tidegate"));
  const named = all.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<=[`"])tidegate\/[\w/-]+(?=[`"])/g)].map(([entry]) => ({ path, entry })),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ entry }) => !entries.includes(entry))).toEqual([]);
});

test("docs/settings.md has every setting, and no page another", () => {
  expect(sorted(firstCells("docs/settings.md", "variable"))).toEqual(sorted(settings));
  const known = new Set([...settings, ...Object.keys(statusOf), ...constants, ...FOREIGN]);
  const mentioned = all.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![A-Za-z0-9])_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([name]) => ({ path, name })),
  );
  const ends = (name: string) => name.startsWith("_") && [...settings].some((whole) => whole.endsWith(name));
  const wrong = mentioned.filter(({ name }) => !known.has(name) && !ends(name));
  expect(wrong.map(({ path, name }) => `${path} ${name}`)).toEqual([]);
  expect(FOREIGN.filter((name) => !mentioned.some((one) => one.name === name))).toEqual([]);
});

test("pages type commands of tidegate that there are, with options that these know", () => {
  const known = commands();
  expect([...known.keys()]).toContain("doctor");
  const typed = all.flatMap(({ path, blocks, inline }) => {
    const shell = blocks.filter(({ language }) => /^(?:sh|text)$/.test(language)).map(({ text }) => text);
    const lines = [...shell.flatMap((text) => text.split("\n")), ...inline.map(({ code }) => code)];
    return lines.flatMap((line) =>
      [...line.matchAll(/(?:^|[$;] ?|npx |\* )tidegate (?:-- )?([a-z]+)([^#|>]*)/g)].map(
        ([, name = "", rest = ""]) => ({
          path,
          name,
          options: [...rest.matchAll(/ --([a-z-]+)/g)].map(([, option = ""]) => option),
        }),
      ),
    );
  });
  expect(typed.length).toBeGreaterThan(20);
  const wrong = typed.filter(
    ({ name, options }) => options.some((one) => !known.get(name)?.has(one)) || !known.has(name),
  );
  expect(wrong).toEqual([]);
});

test("pages ask addresses that tide.routes() or the demo answers", () => {
  const paths = Object.keys(JSON.parse(OPENAPI).paths);
  const asked = all.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /(?<![\w./*])\/(?:health|admin|metrics|internal|api\/reports|api\/trace)(?:\/[a-z-]+)*\b(?![/.(?\\])/g,
      ),
    ].map(([address]) => ({ path, address })),
  );
  expect(asked.length).toBeGreaterThan(100);
  const isKnown = (address: string) => paths.some((one) => one === address || one.startsWith(`${address}/`));
  expect(asked.filter(({ address }) => !isKnown(address))).toEqual([]);
});
