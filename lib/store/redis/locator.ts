/** The way to a server whose place another may take: whoever waits for one that is silent leaves it as soon as one has. */
import { nodeText } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";
import type { MaybePromise } from "../port.ts";
import { type Client, connectTo, type Endpoint } from "./client.ts";
import type { RedisSettings } from "./settings.ts";

/** Between two questions whether another has the place of one that is silent. */
const LOOK_MS = 200;

export interface Locator {
  /** Asked at every connect. */
  locate(): MaybePromise<Endpoint>;
  /** Whether another has its place by now. Absent: nobody can say so. */
  isReplaced?(endpoint: Endpoint): Promise<boolean>;
}

/** True once another has the place of `endpoint`; false as soon as nobody wants to know any more. */
export async function untilReplaced(
  { isReplaced }: Locator,
  endpoint: Endpoint,
  isOver: () => boolean,
  runtime: Runtime,
): Promise<boolean> {
  if (!isReplaced) return false;
  while (!isOver()) {
    await sleep(runtime, LOOK_MS);
    if (isOver()) break;
    // Where nobody says anything, nothing has changed.
    if (await isReplaced(endpoint).catch(() => false)) return !isOver();
  }
  return false;
}

export interface Located {
  readonly client: Client;
  readonly endpoint: Endpoint;
}

/** @throws Error why it could not be reached, or that another has its place meanwhile. */
export async function connectBy(
  locator: Locator,
  settings: RedisSettings,
  runtime: Runtime,
  connect: typeof connectTo = connectTo,
): Promise<Located> {
  const endpoint = await locator.locate();
  const connecting = connect(endpoint, settings, settings.login, runtime);
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  connecting.then(over, over);
  const replaced = untilReplaced(locator, endpoint, () => isOver, runtime).then((isReplaced) => {
    if (!isReplaced) return connecting;
    connecting.then((late) => late.destroy()).catch(() => {});
    throw new Error(`another server has the place of ${"host" in endpoint ? nodeText(endpoint) : endpoint.path}`);
  });
  return { client: await Promise.race([connecting, replaced]), endpoint };
}
