/** The recipes of docs/orms.md as they stand there, each in a process of its own, against a real PostgreSQL. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { page } from "../../house/pages.ts";
import { ROOT, read } from "../../house/sources.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../../support/postgres.ts";

const PAGE = "docs/orms.md";
/** Installed here are these alone. */
const RECIPES = ["drizzle.ts", "kysely.ts", "knex.ts"];
const PACKAGES = ["pg", "pg-cursor", "pg-query-stream", "drizzle-orm", "kysely", "knex"];
const ASK = `
const [{ orderOf, rename }, { tide, pool }] = await Promise.all(process.argv.slice(2).map((file) => import(file)));
await rename(7, "renamed");
const order = await orderOf(7);
const late = await tide.with({ deadlineMs: 300 }, () => rename(8, "late")).then(() => null, (error) => error);
await pool.end();
await tide.close();
console.log("told", JSON.stringify({ order, late: (late?.cause ?? late)?.fault }));
process.exit(0);
`;

/** The block below a paragraph that names the file. */
function recipe(file: string): string {
  const { text, blocks } = page(PAGE, read(PAGE));
  const lines = text.split("\n");
  const found = blocks.find(({ line }) => {
    const before =
      lines
        .slice(0, line - 2)
        .join("\n")
        .trimEnd()
        .split("\n\n")
        .at(-1) ?? "";
    return before.startsWith(`\`${file}\``);
  });
  if (!found) throw new Error(`${PAGE} has no recipe ${file}`);
  return found.text;
}

describe.skipIf(postgresUnavailable() !== undefined)(
  `the recipes of ${PAGE}: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let server: PostgresServer;
    let folder: string;
    beforeAll(async () => {
      server = await startPostgres();
      await server.query(`
        create table orders (id int primary key, customer text not null);
        insert into orders values (7, 'seventh'), (8, 'eighth');
        create function sleeps() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return new; end $$;
        create trigger slow before update on orders for each row when (new.customer = 'late') execute function sleeps();`);
      folder = mkdtempSync(join(tmpdir(), "tidegate-recipes-"));
      for (const name of PACKAGES) {
        const link = join(folder, "node_modules", name);
        mkdirSync(dirname(link), { recursive: true });
        symlinkSync(join(ROOT, "node_modules", name), link);
      }
      symlinkSync(ROOT, join(folder, "node_modules/tidegate"));
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "ask.ts"), ASK);
      for (const file of ["pool.ts", ...RECIPES]) writeFileSync(join(folder, file), recipe(file));
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      await server?.dispose();
    });

    test.each(RECIPES)("%s reads, renames, and is stopped at its deadline", async (file) => {
      const env = { PATH: process.env.PATH ?? "", DATABASE_URL: server.url, LOG_LEVEL: "error" };
      const asked = ["--conditions=tidegate-source", "ask.ts", `./${file}`, "./pool.ts"];
      const { stdout } = await promisify(execFile)(process.execPath, asked, { cwd: folder, env, timeout: 60_000 });
      const told = JSON.parse(/^told (.*)$/m.exec(stdout)?.[1] ?? "{}");
      expect(told).toEqual({ order: { id: 7, customer: "renamed" }, late: "timeout" });
      expect(await server.query("select customer from orders where id = 8")).toEqual([{ customer: "eighth" }]);
    });
  },
);
