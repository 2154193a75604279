import { exampleContract } from "./contract.ts";

exampleContract("fastify-kysely");
