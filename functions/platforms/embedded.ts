/** The embedded database with the demo's rows, where there is a disk to read them from and a thread to run it in. */
import { demoStatements } from "../../infra/seed/statements.ts";
import type { Offer } from "../adapters.ts";

export const EMBEDDED_DATABASE = {
  pglite: async ({ directory }) => {
    const { pglite } = await import("tidegate/databases/pglite");
    return pglite(`pglite:${directory ?? ""}`, { initialise: demoStatements() });
  },
} satisfies Offer["databases"];
