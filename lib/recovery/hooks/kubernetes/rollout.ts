/** A Kubernetes Deployment, and how far its rollout is. */
import * as v from "valibot";
import type { Progress } from "../hook.ts";

export interface Rollout {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number; readonly paused: boolean };
  readonly status: {
    readonly observedGeneration: number;
    readonly replicas: number;
    readonly updatedReplicas: number;
    readonly availableReplicas: number;
    readonly conditions: readonly { readonly type: string; readonly reason: string }[];
  };
}

/** Kubernetes leaves zeros out. */
const COUNT = v.nullish(v.number(), 0);

export const ROLLOUT: v.GenericSchema<unknown, Rollout> = v.object({
  metadata: v.object({ generation: v.number() }),
  spec: v.object({ replicas: v.nullish(v.number(), 1), paused: v.nullish(v.boolean(), false) }),
  status: v.nullish(
    v.object({
      observedGeneration: COUNT,
      replicas: COUNT,
      updatedReplicas: COUNT,
      availableReplicas: COUNT,
      conditions: v.nullish(v.array(v.object({ type: v.string(), reason: v.nullish(v.string(), "") })), []),
    }),
    {},
  ),
});

/** Done once every pod is of the new template and available, and none of the old one is left. */
export function progressOf({ metadata, spec, status }: Rollout): {
  readonly state: Progress["state"];
  readonly status: string;
} {
  const { updatedReplicas: updated, availableReplicas: available, replicas, conditions } = status;
  const words = `${updated} of ${spec.replicas} pods updated, ${available} available`;
  if (status.observedGeneration < metadata.generation) return { state: "running", status: "not yet observed" };
  const isStuck = conditions.some(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  if (isStuck) return { state: "failed", status: `ProgressDeadlineExceeded: ${words}` };
  const isDone = [updated, available, replicas].every((count) => count === spec.replicas);
  return { state: isDone ? "succeeded" : "running", status: words };
}
