import { exampleContract } from "./contract.ts";

exampleContract("worker", {
  args: (port, settings) => [
    `--ip 127.0.0.1 --port ${port}`,
    ...Object.entries(settings).map(([name, value]) => `--var ${name}:${value}`),
  ],
  // workerd tells it only where an answer is being sent.
  deafForMs: 5_000,
  databaseVariable: "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE",
});
