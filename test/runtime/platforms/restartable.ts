/** A process that can be started once more, as it was, on another port. */
import type { Deployment } from "../cell.ts";

export async function restartable(start: () => Promise<Omit<Deployment, "restart">>): Promise<Deployment> {
  let running = await start();
  return {
    get url() {
      return running.url;
    },
    output: () => running.output(),
    stop: () => running.stop(),
    restart: async () => {
      await running.stop();
      running = await start();
    },
  };
}
