/** Express 5 behind Tidegate, with a real PostgreSQL. */
import express from "express";
import { errorHandler, middleware, routes, tideOf } from "../../lib/frameworks/express.ts";
import { ProblemError } from "../../lib/tidegate.ts";
import { frameworkContract } from "./contract.ts";
import { served } from "./express-served.ts";
import type { Parts } from "./scene.ts";

/** With its parser in front of everything, as many have it. */
function applicationOf({ tide, pool, prefix }: Parts): express.Express {
  const app = express();
  app.use(express.json());
  app.use(prefix === "" ? "/" : prefix, routes(tide));
  app.use(middleware(tide));
  app.get("/plain", (_req, res) => void res.send("plain"));
  app.get("/id", (req, res) => void res.send(tideOf(req).requestId));
  app.get("/orders", async (req, res) => void res.json(await tideOf(req).db.query`select * from orders`));
  app.get("/pool", async (_req, res) => void res.json((await pool.query("select * from orders")).rows));
  app.get("/sleep", async (req, res) => void res.json(await tideOf(req).db.query`select pg_sleep(60)`));
  app.get("/pool/sleep", async (req, res) => {
    await pool.query("select pg_sleep($1)", [Number(req.query.seconds ?? 60)]);
    res.json({});
  });
  app.post("/orders", async (req, res) => {
    const text = "select $1::int as id from pg_sleep($2)";
    res.json((await pool.query(text, [req.body.id, Number(req.query.seconds)])).rows);
  });
  app.get("/missing", () => {
    throw new ProblemError("NOT_FOUND", "There is no such order.");
  });
  app.get("/broken", () => {
    throw new Error("not for outside");
  });
  app.get("/later", async () => {
    await pool.query("select 1");
    throw new Error("not for outside");
  });
  app.get("/stream", (_req, res) => {
    res.write("one ");
    setImmediate(() => {
      res.write("two ");
      res.end("three");
    });
  });
  app.use(errorHandler(tide));
  return app;
}

frameworkContract("Express", (parts) => served(applicationOf(parts)));
