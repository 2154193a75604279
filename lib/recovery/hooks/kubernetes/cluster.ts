/** The cluster that this runs in: what a pod is given to speak with it. Node and Deno have files and `node:https`. */
import type { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { request } from "node:https";
import type { Readable } from "node:stream";

/** What a pod is given to speak with its cluster. */
export interface Cluster {
  /** Of its API server. */
  readonly url: string;
  /** Of the service account: `token`, `namespace` and `ca.crt`, replaced while the pod runs. */
  readonly folder: string;
}

/** Both hold for every pod. https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
export const OWN_CLUSTER: Cluster = {
  url: "https://kubernetes.default.svc",
  folder: "/var/run/secrets/kubernetes.io/serviceaccount",
};

interface Modules {
  readonly "node:fs": { readonly readFileSync: typeof readFileSync };
  readonly "node:https": { readonly request: typeof request };
  readonly "node:stream": { readonly Readable: typeof Readable };
}

interface Platform {
  readonly process?: {
    readonly getBuiltinModule?: <Name extends keyof Modules>(name: Name) => Modules[Name] | undefined;
  };
}

/** Asked for, not imported: bundles for the edge must not hold them. Undefined where the platform has none. */
const builtin = <Name extends keyof Modules>(name: Name): Modules[Name] | undefined =>
  (globalThis as Platform).process?.getBuiltinModule?.(name);

/** Null where the pod has no service account, or this is no pod. */
export function mounted({ folder }: Cluster, name: "token" | "namespace" | "ca.crt"): string | null {
  try {
    return builtin("node:fs")?.readFileSync(`${folder}/${name}`, "utf8").trim() || null;
  } catch {
    return null;
  }
}

/** These have no body, and no `Response` with one. */
const WITHOUT_BODY = [204, 205, 304];

/**
 * A fetch that trusts what `ca` has signed, and nothing else: the platforms' own takes no such thing. Follows no
 * redirects. Takes text as a body. Undefined where the platform has no `node:https`.
 */
export function fetchTrusting(ca: string): typeof fetch | undefined {
  const [https, stream] = [builtin("node:https"), builtin("node:stream")];
  if (!https || !stream) return undefined;
  const responseOf = (incoming: IncomingMessage): Response => {
    const { statusCode: status = 0, headers } = incoming;
    const single = Object.entries(headers).filter((one): one is [string, string] => typeof one[1] === "string");
    const body = WITHOUT_BODY.includes(status) ? null : (stream.Readable.toWeb(incoming) as ReadableStream);
    return new Response(body, { status, headers: single });
  };
  return (input, init) =>
    new Promise((resolve, reject) => {
      const { method = "GET", body, signal } = init ?? {};
      const headers = Object.fromEntries(new Headers(init?.headers));
      const options = { method, headers, ca, agent: false, ...(signal && { signal }) } as const;
      const outgoing = https.request(String(input), options, (incoming) => {
        try {
          resolve(responseOf(incoming));
        } catch (error) {
          outgoing.destroy();
          reject(error);
        }
      });
      outgoing.on("error", reject);
      outgoing.end(body ?? undefined);
    });
}
