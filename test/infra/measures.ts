/** What the templates are measured by. */
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { readConfig } from "../../lib/config.ts";

export const KNOWN = new Map(VARIABLE_LIST.map(([name, variable]) => [name as string, variable]));
/** Of Node, of shells, of the platforms' own tools; none is Tidegate's. */
const OTHERS = new Set([
  ...["NODE_ENV", "NODE_OPTIONS", "NODE_VERSION", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PGPASSWORD"],
  ...[
    "NODE_EXTRA_CA_CERTS",
    "DENO_DEPLOY_TOKEN",
    "DENO_ORG",
    "DENO_APP",
    "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE",
  ],
]);
/** As the templates leave them: nothing is said of it. */
export const { drainMs } = readConfig({}).listen;
export const PERMITS = readConfig({}).gate.capacity.request;
/** EX_CONFIG, by which a start for want of a usable environment ends. */
export const EX_CONFIG = "78";
export const mebibytes = (text: string) =>
  Number(/^(\d+)M/.exec(text)?.[1]) || Number(/^(\d+)G/.exec(text)?.[1]) * 1_024;
/** As it was measured under load. */
export const MEASURED_MIB = 300;

export const unknown = (names: readonly string[]) => names.filter((name) => !KNOWN.has(name) && !OTHERS.has(name));
