/** Workers, and the functions of Vercel, Netlify and Lambda. */
import { conformance } from "./conformance.ts";
import { handlerPlatform } from "./platforms/handlers.ts";
import { workerdPlatform } from "./platforms/workerd.ts";

conformance({
  workerd: ({ bundles }) => workerdPlatform(bundles),
  vercel: ({ bundles }) => handlerPlatform("vercel", bundles),
  netlify: ({ bundles }) => handlerPlatform("netlify", bundles),
  lambda: ({ bundles }) => handlerPlatform("lambda", bundles),
});
