import { readFileSync } from "node:fs";
import { type Alphabet, fake } from "./fakes.ts";

/** What stands for made-up ids, hashes and pictures in `innocent.txt`. */
const fillings: Readonly<Record<string, readonly [length: number, alphabet: Alphabet]>> = {
  hex7: [7, "hex"],
  hex8: [8, "hex"],
  hex12: [12, "hex"],
  hex16: [16, "hex"],
  hex32: [32, "hex"],
  sha1: [40, "hex"],
  sha256: [64, "hex"],
  b64_43: [43, "base64"],
  b64_86: [86, "base64"],
};

const uuid = (seed: string): string =>
  fake(seed, 32, "hex").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-a$4-$5");

/** Lines as logs, databases, builds, shells and browsers write them, none with a secret: a mask must leave them as they are. */
export const innocentLines: readonly string[] = readFileSync(new URL("innocent.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line, number) => {
    let place = 0;
    return line.replace(/\{(\w+)\}/g, (whole, name: string) => {
      place += 1;
      const seed = `${number} ${place}`;
      if (name === "uuid") return uuid(seed);
      const filling = fillings[name];
      return filling === undefined ? whole : fake(seed, ...filling);
    });
  });
