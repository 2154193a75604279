/** The demo application: reports and traces of a semiconductor fab, behind Tidegate, built with its public API alone. */
import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Tidegate, TidegateEnv } from "tidegate";
import { home } from "./routes/home.ts";
import { reports } from "./routes/reports.ts";
import { trace } from "./routes/trace.ts";
import { DIALECTS } from "./sql/dialect.ts";

/**
 * @param dev The page on which to break the database; exists in development only, whatever is handed in.
 */
export function createApp(tide: Tidegate, dev?: Hono<TidegateEnv>): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.use(tide.middleware());
  app.use(methodNotAllowed({ app, onMethodNotAllowed: tide.methodNotAllowed }));
  app.onError(tide.onError);
  app.notFound(tide.notFound);

  const development = tide.config.app.env === "development" ? dev : undefined;
  app.route("/", tide.routes());
  app.route("/", home({ dev: development !== undefined }));
  const { database } = tide.config;
  const dialect = DIALECTS[database.kind === "code" ? database.adapter : database.kind];
  app.route("/api/reports", reports(dialect, tide.keep));
  app.route("/api/trace", trace(dialect, tide.keep));
  if (development) app.route("/dev", development);
  return app;
}
