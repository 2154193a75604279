/** The gate in Redis: what a renewal costs beside a script that gets the same and returns at once, by instances. */
import { createClient } from "redis";
import { decodeStep } from "../../lib/store/lua/gate/answer.ts";
import { GATE_SCRIPT } from "../../lib/store/lua/gate/script.generated.ts";
import { encodeRenewal, gateKeys } from "../../lib/store/lua/gate/wire.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { measure, print } from "./measure.ts";
import { type Mood, renewing } from "./renewing.ts";

const DEPTH = 16;
const SIZES = [10, 1_000, 16_000];
/** As many as have come at 5,000 renewals a second in the lease of the largest fleet: nobody is forgotten meanwhile. */
const FILLING = 100;

export async function benchRedis(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nRedis: not measured, ${reason}`);
  const server = await startRedis();
  const client = createClient({ url: server.url, RESP: 2 });
  client.on("error", () => {});
  await client.connect();
  const [gate, nothing] = await Promise.all([client.scriptLoad(GATE_SCRIPT), client.scriptLoad("return 1")]);

  const fleet = (count: number, mood: Mood) => {
    const instances = renewing(count, mood);
    const keys = gateKeys(`{bench:${count}:${mood}}`);
    const ask = (digest: string, text: string) =>
      client.sendCommand(["EVALSHA", digest, String(keys.length), ...keys, text]);
    return {
      renew: async () => {
        const renewal = instances.next();
        const answer = await ask(gate, encodeRenewal(renewal));
        instances.hear(renewal, decodeStep(answer, renewal.n).reply);
      },
      /** The same message, for which nothing is done. */
      ask: () => ask(nothing, encodeRenewal(instances.next())),
    };
  };
  const filled = async (count: number, mood: Mood) => {
    const instances = fleet(count, mood);
    for (let sent = 0; sent < 3 * count; sent += FILLING) await together(instances.renew, Math.min(FILLING, count))();
    return instances;
  };

  try {
    const warm = await filled(100, "busy");
    const silent = fleet(100, "busy");
    // A busy instance's code has long been optimised.
    for (let run = 0; run < 5_000; run++) await warm.renew();
    for (const [depth, runs, wanted] of [
      [1, 500, "at most 2x"],
      [DEPTH, 60, "at most 5x"],
    ] as const) {
      const candidates = [
        { name: "a script that returns at once", run: together(silent.ask, depth) },
        { name: "a renewal of one of 100 instances", run: together(warm.renew, depth) },
      ];
      print(`Redis, ${depth} in flight (${wanted})`, await measure(candidates, { rounds: 11, runsPerRound: runs }));
    }
    for (const mood of ["busy", "crowded"] as const) {
      // One after the other: a fleet that waited for its turn would have been forgotten.
      const measured = [];
      for (const size of SIZES) {
        const { renew } = await filled(size, mood);
        measured.push(
          ...(await measure([{ name: `${size} instances`, run: renew }], { rounds: 5, runsPerRound: 3_000 })),
        );
      }
      print(
        `Redis, a renewal by instances, ${mood === "busy" ? "room for all" : "twice as many as permits"}`,
        measured,
      );
    }
  } finally {
    await client.close();
    await server.dispose();
  }
}

const together = (run: () => Promise<unknown>, times: number) => () => Promise.all(Array.from({ length: times }, run));
