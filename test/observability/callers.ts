/** Callers of a fleet's reports: so many a second, come what may, each answer counted by what it is. */
import { request } from "node:http";

/** Of a caller whose connection was lost. */
const LOST = "lost";

export interface Callers {
  /** How often a call was answered so: `200`, a code, also that for which a kept answer stands in, or `lost`. */
  readonly count: (kind: string) => number;
  /** Asks nothing new, and waits for what is under way. */
  readonly stop: () => Promise<void>;
}

export interface Asking {
  readonly urls: readonly string[];
  readonly perSecond: number;
  /** Of so many, one takes a kept answer; none where it is left out. */
  readonly keptEvery?: number;
}

const PATH = "/api/reports/wip-summary";

export function startCallers({ urls, perSecond, keptEvery = 0 }: Asking): Callers {
  const counts = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let asked = 0;
  const timer = setInterval(() => {
    const takesKept = keptEvery > 0 && asked % keptEvery === 0;
    const asking = ask(`${urls[asked % urls.length]}${PATH}`, takesKept).then((kind) => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      underWay.delete(asking);
    });
    asked += 1;
    underWay.add(asking);
  }, 1_000 / perSecond);
  return {
    count: (kind) => counts.get(kind) ?? 0,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

/** At once, so that some of them have to wait. */
export async function crowd(urls: readonly string[], size: number): Promise<void> {
  await Promise.all(Array.from({ length: size }, (_, at) => ask(`${urls[at % urls.length]}${PATH}`, false)));
}

/** On a connection of its own, so that each worker is asked. */
function ask(url: string, takesKept: boolean): Promise<string> {
  const headers = { connection: "close", ...(!takesKept && { "cache-control": "no-store" }) };
  return new Promise((resolve) => {
    const asking = request(url, { headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => (text += part));
      answer.on("error", () => resolve(LOST));
      const refused = /; detail=(\w+)/.exec(String(answer.headers["cache-status"]))?.[1];
      answer.on("end", () => resolve(refused ?? kindOf(answer.statusCode ?? 0, text)));
    });
    asking.on("error", () => resolve(LOST));
    asking.setTimeout(60_000, () => asking.destroy());
    asking.end();
  });
}

function kindOf(status: number, text: string): string {
  if (status === 200) return "200";
  try {
    return JSON.parse(text).error.code;
  } catch {
    return String(status);
  }
}
