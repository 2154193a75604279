/** What lies in `infra/` for platforms, read as what it is. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse as parseToml } from "smol-toml";
import { parseAllDocuments } from "yaml";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export const PLATFORMS: readonly string[] = [
  ...["cloudflare", "deno-deploy", "docker", "kubernetes", "lambda", "netlify", "systemd", "terraform", "vercel"],
];

/** Paths from the root, of the files of all platforms. */
export const FILES: readonly string[] = PLATFORMS.flatMap((platform) =>
  readdirSync(`${ROOT}infra/${platform}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(ROOT.length)),
);

export const textOf = (path: string): string => readFileSync(ROOT + path, "utf8");

// biome-ignore lint/suspicious/noExplicitAny: tests look into documents whose shape is what they check
type Document = any;

/** CloudFormation's own short forms stay as what they are given. */
const CLOUDFORMATION = ["!Ref", "!Sub", "!GetAtt"].map((tag) => ({ tag, resolve: (text: string) => text }));

/** Every document of a YAML file. @throws Error where it is none. */
export function yaml(path: string): readonly Document[] {
  return parseAllDocuments(textOf(path), { customTags: CLOUDFORMATION, merge: true }).map((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error) throw new Error(`${path}: ${error.message}`);
    return document.toJS();
  });
}

export const toml = (path: string): Document => parseToml(textOf(path));
