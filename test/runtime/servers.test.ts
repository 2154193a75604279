/** Node and Deno. */
import { conformance } from "./conformance.ts";
import { denoPlatform } from "./platforms/deno.ts";
import { nodePlatform } from "./platforms/node.ts";

conformance({
  node: ({ bundles }) => nodePlatform(bundles),
  deno: ({ bundles }) => denoPlatform(bundles),
});
