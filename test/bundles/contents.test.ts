/** What is in the bundles, by esbuild's own account of them. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Bundle } from "../../infra/bundles/bundle.ts";
import { ROOT } from "../../infra/bundles/bundle.ts";
import { packagesIn } from "../../infra/bundles/licences.ts";
import { assetBytesOf, report, sizesOf, startOf } from "../../infra/bundles/report.ts";
import { has, TARGETS } from "../../infra/bundles/runtimes.ts";
import { type Bundles, buildBundles } from "../support/bundles.ts";

/** As they could stand in the environment of whoever builds. */
const SECRETS = {
  DATABASE_URL: "postgres://app:a-password-of-the-builder@db.internal/fab",
  STATE_TOKEN: "a-state-token-of-the-builder",
  ADMIN_TOKENS: "ops:an-admin-token-of-the-builder",
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  CRON_SECRET: "a-cron-secret-of-the-builder",
};
/** In the text of an error. */
const EXAMPLE = /^\w+:\/\/user:pass(?:word)?@host$/;
/** Of what platforms give out; a pattern that looks for them has no such value in it. */
const TOKENS = [
  /AKIA[0-9A-Z]{16}/,
  /gh[pousr]_[A-Za-z0-9]{36}/,
  /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\\?n?[A-Za-z0-9+/]{40}/,
  /whsec_[A-Za-z0-9+/]{24}/,
  /[a-z]+:\/\/[\w.-]+:[^\s"'`@/$<>{}[\]()^]{4,}@[\w.-]+/,
];

let bundles: Bundles;
beforeAll(async () => {
  for (const [name, value] of Object.entries(SECRETS)) vi.stubEnv(name, value);
  bundles = await buildBundles();
  vi.unstubAllEnvs();
});
afterAll(() => bundles?.remove());

const packageNames = ({ metafile }: Bundle) =>
  packagesIn(metafile).map((folder) => folder.replace(/^.*node_modules\//, ""));
const codeOf = ({ folder }: Bundle) => readdirSync(folder).filter((name) => name.endsWith(".js"));

describe.each(TARGETS.map(({ name }) => name))("the bundle for %s", (name) => {
  it("imports nothing that its runtime lacks", () => {
    const { target, metafile, folder } = bundles.of(name);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    const outside = imports.filter(({ external }) => external).map(({ path }) => path);
    expect(outside.filter((path) => !has(target, path))).toEqual([]);
    const beside = imports.filter(({ external }) => !external).map(({ path }) => basename(path));
    expect(beside.filter((file) => !readdirSync(folder).includes(file))).toEqual([]);
  });

  it("has no secret in it, and nothing of the machine that built it", () => {
    const bundle = bundles.of(name);
    for (const file of readdirSync(bundle.folder).filter((each) => /\.(js|map|txt)$/.test(each))) {
      const text = readFileSync(join(bundle.folder, file), "utf8");
      const parts = Object.values(SECRETS).flatMap((secret) =>
        secret.split(/[:@/]+/).filter((part) => part.length > 12),
      );
      expect(parts.filter((part) => text.includes(part))).toEqual([]);
      // A map leads to sources that lie elsewhere, and has examples in their comments.
      if (file.endsWith(".map")) continue;
      expect(text).not.toContain(ROOT);
      const found = TOKENS.flatMap((token) => [...text.matchAll(new RegExp(token, "g"))].map(([each]) => each));
      expect(found.filter((each) => !EXAMPLE.test(each))).toEqual([]);
    }
  });

  it("brings the licence of each package that is in it", () => {
    const bundle = bundles.of(name);
    const text = readFileSync(join(bundle.folder, "THIRD_PARTY.txt"), "utf8");
    expect(packageNames(bundle)).toContain("hono");
    expect(packageNames(bundle).filter((each) => !text.includes(`${each} `))).toEqual([]);
    expect(text.match(/permission is hereby granted|apache license|redistribution and use/gi)?.length).toBeGreaterThan(
      3,
    );
  });

  it("leads back to its sources", () => {
    const bundle = bundles.of(name);
    for (const file of codeOf(bundle)) {
      const { sources } = JSON.parse(readFileSync(join(bundle.folder, `${file}.map`), "utf8"));
      expect(readFileSync(join(bundle.folder, file), "utf8")).toContain(`//# sourceMappingURL=${file}.map`);
      if (file === "index.js") expect(sources.join()).toContain(`functions/${name}.ts`);
    }
  });
});

describe("the bundle for Workers", () => {
  it("has none of the clients and servers of Node", () => {
    const { metafile } = bundles.of("worker");
    const inputs = Object.values(metafile.outputs).flatMap(({ inputs: each }) => Object.keys(each));
    const ofNode = /node_modules\/(?:redis|@redis\/|oracledb|@electric-sql\/|@hono\/node-server)|^lib\/(?:node|cli)\//;
    expect(inputs.filter((path) => ofNode.test(path))).toEqual([]);
    expect(inputs.filter((path) => path.startsWith("node_modules/postgres/cf/")).length).toBeGreaterThan(0);
  });

  it("asks for nothing by require", () => {
    const bundle = bundles.of("worker");
    const texts = codeOf(bundle).map((file) => readFileSync(join(bundle.folder, file), "utf8"));
    expect(texts.filter((text) => text.includes("Dynamic require of"))).toEqual([]);
  });

  it("reads at its start none of what is asked for rarely", () => {
    const { metafile } = bundles.of("worker");
    const inputs = startOf(metafile).flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
    expect(inputs).toContain("functions/worker.ts");
    const rare =
      /node_modules\/(?:jose|@upstash\/)|^lib\/store\/lua\/|\/hooks\/(?!hook\.ts$)|\/pages\/|\.generated\.ts$/;
    expect(inputs.filter((path) => rare.test(path))).toEqual([]);
  });
});

it("their sizes", async () => {
  for (const bundle of bundles.all) {
    console.log(await report(bundle));
    const { all, start } = await sizesOf(bundle);
    // Cloudflare's limit for what is free.
    if (bundle.target.name === "worker") expect(all.gzipBytes).toBeLessThan(3_000_000);
    expect(start.bytes).toBeLessThanOrEqual(all.bytes);
    expect(assetBytesOf(bundle.metafile)).toBeLessThanOrEqual(80_000);
  }
});
