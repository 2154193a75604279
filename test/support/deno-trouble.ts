/** The demo's entry for Deno, in a process that writes everything that one can write, and ends by an error that nobody catches. */
import process from "node:process";

export { default } from "../../functions/deno.ts";

setTimeout(() => {
  console.warn("a library says %s", "hello");
  process.emitWarning("this is old", "DeprecationWarning", "DEP0999");
  void Promise.reject(new TypeError("nobody catches this"));
}, 100);
