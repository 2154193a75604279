/** One scrape of several processes on one port: whichever is asked, the answer is that of all of them. */
import { afterEach, expect, it } from "vitest";
import { signalTo } from "../support/processes.ts";
import { type Supervised, startSupervised } from "../support/supervisor.ts";

const ASKED = 40;
let supervised: Supervised | undefined;
afterEach(() => supervised?.dispose());

/** How many requests for a row were counted, and which labels stand beside. */
async function counted({ get }: Supervised) {
  const text = await get("/metrics");
  const line = /^http_server_request_duration_seconds_count\{(.*http_route="\/row".*)\} (\d+)$/m.exec(text);
  return { labels: line?.[1], count: Number(line?.[2] ?? 0), text };
}

it("answers for all its workers, through reloads and falls", async () => {
  const it = await startSupervised({ METRICS_PUBLIC: "true" });
  supervised = it;
  const pids = new Set<number>();
  for (let n = 0; n < ASKED; n++) pids.add(JSON.parse(await it.get("/row")).pid);
  expect(pids.size).toBe(2);
  for (let n = 0; n < 4; n++) {
    const { count, labels, text } = await counted(it);
    expect([count, labels]).toEqual([ASKED, expect.not.stringContaining("pid")]);
    expect(text).toContain('tidegate_workers{state="ready"} 2\n');
    expect(text.match(/^tidegate_build_info\{/gm)).toHaveLength(1);
  }

  it.signal("SIGHUP");
  await it.hears("reload.done");
  expect((await counted(it)).count).toBe(ASKED);
  await it.get("/row");
  expect((await counted(it)).count).toBe(ASKED + 1);

  // Who is killed cannot say anything any more: what it has said stays.
  const [fallen] = (await it.report()).workers.filter(({ state }) => state === "ready");
  signalTo(fallen?.pid ?? 0, "SIGKILL");
  await it.hears("worker.fell");
  expect((await counted(it)).count).toBe(ASKED + 1);
});
