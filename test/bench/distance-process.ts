/** A process of `distance.bench`: its instances, their callers, and a report of each call it made. */
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { awayOf, type Instance, messagesOf, openInstance, pause } from "./instance.ts";
import { closedLoop } from "./load.ts";

export interface Plan {
  /** Null: a memory store that the instances of this process share. */
  readonly redisUrl: string | null;
  readonly key: string;
  readonly env: Readonly<Record<string, string>>;
  readonly instances: number;
  /** Of all instances together. */
  readonly callers: number;
  readonly callMs: number;
  /** Calls are made all the while, and reported from then on. */
  readonly warmMs: number;
  readonly forMs: number;
}

export interface Report {
  /** When each call began and ended, one after the other, on the machine's monotonic clock in milliseconds. */
  readonly moments: readonly number[];
  readonly messages: number;
  readonly away: number;
}

/** The same in every process of a machine. */
const now = () => Number(process.hrtime.bigint()) / 1_000_000;

async function play(plan: Plan): Promise<Report> {
  const adapter = plan.redisUrl === null ? memory() : null;
  const instances = Array.from({ length: plan.instances }, () =>
    openInstance(adapter ?? redis(plan.redisUrl ?? ""), plan.key, plan.env),
  );
  const moments: number[] = [];
  const call = async () => {
    const began = now();
    await pause(plan.callMs);
    moments.push(began, now());
  };
  let turn = 0;
  const run = () => (instances[turn++ % instances.length] as Instance).guard.run(call);
  const until = performance.now() + plan.warmMs + plan.forMs;
  const load = closedLoop(plan.callers)(run, until);
  await pause(plan.warmMs);
  const [sent, from] = [messagesOf(instances), moments.length];
  await pause(plan.forMs);
  const messages = messagesOf(instances) - sent;
  const reported = moments.slice(from);
  await load;
  const away = awayOf(instances);
  await Promise.all(instances.map(({ close }) => close()));
  return { moments: reported, messages, away };
}

process.once("message", async (plan: Plan) => {
  const report = await play(plan);
  process.send?.(report, () => process.exit(0));
});
process.send?.("ready");
