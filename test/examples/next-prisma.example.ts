import { exampleContract } from "./contract.ts";

exampleContract("next-prisma");
