/** The usual configuration, with one peer from somewhere else. */
import { mergeConfig } from "vitest/config";
import usual from "../../vitest.config.ts";

const { TIDEGATE_PEER: name = "", TIDEGATE_PEER_HOME: home = "" } = process.env;
if (!name || !home)
  throw new Error("test peers: run npm run test:peers, which says which peer is meant and where it is");

export default mergeConfig(usual, {
  resolve: { alias: [{ find: new RegExp(`^${name}$`), replacement: home }] },
});
