/** What a person sees who has just started the demo. */
import type { Config } from "tidegate/config";

export function welcome(url: string, { app, database, store }: Config): string {
  const line = (name: string, value: string) => `  ${name.padEnd(10)} ${value}`;
  const development = app.env === "development" ? [line("break it", `${url}/dev`)] : [];
  const seed =
    app.env === "development" && database.kind === "postgres"
      ? [line("seed", "npm run seed, once, where this database has no demo data yet")]
      : [];
  return [
    "",
    `Tidegate is running (${app.env}).`,
    "",
    line("reports", `${url}/`),
    line("health", `${url}/health`),
    ...development,
    line(
      "database",
      database.kind === "pglite" ? `${database.address} (embedded, seeded demo data)` : database.address,
    ),
    ...seed,
    line("store", store.address),
    "",
    "Try:",
    `  curl ${url}/api/reports/wip-summary`,
    "",
  ].join("\n");
}
