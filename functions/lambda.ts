/**
 * The entry for AWS Lambda, behind API Gateway, a load balancer or a function URL. `handler` answers in one piece,
 * `streaming` as it comes: that is for a function URL with `InvokeMode: RESPONSE_STREAM`. An event that is no request,
 * such as a schedule's, is a look of the watchdog.
 */
import type { Writable } from "node:stream";
import type { Hono } from "hono";
import { handle, type LambdaContext, type LambdaEvent, streamHandle } from "hono/aws-lambda";
import { startInstance } from "./instance.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

/** Of Lambda's own Node alone; what goes through it is handed a stream. */
interface Platform {
  readonly awslambda?: { streamifyResponse(handle: Streaming): Streaming };
}
type Streaming = (event: LambdaEvent, stream: Writable, context?: LambdaContext) => Promise<void>;

/** What is under way beside the answer: with that the instance freezes, and there is nobody to tell. */
const underWay = new Set<Promise<unknown>>();
const settled = async () => {
  while (underWay.size > 0) await Promise.all(underWay);
};

const { app, watch } = await startInstance(
  { platform: "AWS Lambda", databases: SERVER_DATABASES, stores: SERVER_STORES, hooks: ALL_HOOKS },
  {
    waitUntil: (work) => {
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    },
  },
);
const answer = handle(app);

export async function handler(event: LambdaEvent, context?: LambdaContext) {
  const answered = "requestContext" in event ? await answer(event, context) : await watch();
  await settled();
  return answered;
}

/** The end of its body waits. */
async function streamed(...asked: Parameters<typeof app.fetch>): Promise<Response> {
  const response = await app.fetch(...asked);
  return new Response(response.body?.pipeThrough(new TransformStream({ flush: settled })), response);
}

function streamingBy({ awslambda }: Platform): Streaming | undefined {
  if (!awslambda) return undefined;
  const stream = streamHandle({ fetch: streamed } as Hono) as unknown as Streaming;
  return awslambda.streamifyResponse(async (event, out, context) => {
    if ("requestContext" in event) return stream(event, out, context);
    await handler(event, context);
    out.end();
  });
}

/** Where Lambda cannot stream, it answers in one piece. */
export const streaming = streamingBy(globalThis as Platform) ?? handler;
