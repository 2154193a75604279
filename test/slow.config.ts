import { configDefaults, defineConfig } from "vitest/config";
import base from "../vitest.config.ts";
import { SLOW } from "./slow.ts";

export default defineConfig({
  ...base,
  test: { ...base.test, include: [...SLOW], exclude: [...configDefaults.exclude, "**/!(*.test).ts"] },
});
