/** Prisma over a pool of `pg` that Tidegate guards: one of each for the process. */
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool } from "pg";
import { type Tidegate, tidegate } from "tidegate";
import { guardPool } from "tidegate/adapters/pg";
import { memory } from "tidegate/stores/memory";
import { Prisma, PrismaClient } from "../generated/client";

interface Instance {
  readonly tide: Tidegate;
  readonly prisma: PrismaClient;
}

function start(): Instance {
  const tide = tidegate({ store: memory() });
  // As many connections as the gate lets calls in, of either lane: whoever has a permit waits for none.
  const { request, slow } = tide.config.gate.capacity;
  const pool = guardPool(tide, new Pool({ connectionString: process.env.DATABASE_URL, max: request + slow }));
  return { tide, prisma: new PrismaClient({ adapter: new PrismaPg(pool) }) };
}

// Next.js runs this module once for each bundle that imports it, and again after each change in development.
const kept = globalThis as { instance?: Instance };
kept.instance ??= start();
export const { tide, prisma } = kept.instance;

export const isDuplicate = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
