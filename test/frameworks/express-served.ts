/** An application of Express on a free port. */
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import type { Served } from "./scene.ts";

export async function served(app: Express): Promise<Served> {
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
