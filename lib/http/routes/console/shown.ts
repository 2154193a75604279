/** What the console shows of the two status payloads, by the contract's names. */

export interface Override {
  readonly mode: string;
  readonly until: string;
  readonly actor: string;
  readonly reason: string;
}

export interface ShownLane {
  readonly capacity: number;
  readonly held: number;
  readonly free: number;
  readonly leased: number;
  readonly waiting: number;
  readonly full_since: string | null;
}

export interface ShownSecond {
  readonly at: string;
  readonly calls: number;
  readonly failures: number;
  readonly refused: number;
}

/** Times as texts, else the gate's own words. */
export type ShownEvent =
  | {
      readonly kind: "transition";
      readonly at: string;
      readonly from: string;
      readonly to: string;
      readonly cause: string;
    }
  | {
      readonly kind: "override";
      readonly at: string;
      readonly mode: string;
      readonly actor: string;
      readonly reason: string;
    }
  | { readonly kind: "would_open"; readonly at: string; readonly cause: string }
  | { readonly kind: "life"; readonly at: string };

export interface ShownGate {
  readonly circuit_breaker: {
    readonly state: string;
    readonly since: string;
    readonly open_until: string | null;
    readonly total_count: number;
    readonly failure_count: number;
    readonly slow_count: number;
    readonly forced: Override | null;
  };
  readonly lanes: Readonly<Record<string, ShownLane>>;
  readonly seconds: readonly ShownSecond[];
  readonly transitions: readonly ShownEvent[];
}

interface Resilience {
  readonly recovery_recommendation: {
    readonly level: string;
    readonly action: string;
    readonly reason: string;
    readonly next_action_at: string | null;
  };
  readonly policy_state: {
    readonly state: "allowed" | "cooldown" | "blocked";
    readonly cooldown_remaining_seconds: number;
  };
}

export interface ShownSystem {
  readonly database: { readonly status: string; readonly error: string | null };
  readonly state_store: { readonly kind: string; readonly status: string };
  readonly runtime_resilience: Resilience & {
    readonly degraded_reason: string | null;
    readonly pool_state: { readonly saturation: number };
    readonly thresholds: { readonly pool_saturation_warning: number; readonly pool_saturation_critical: number };
  };
  /** Null where its store does not say. */
  readonly gates: Readonly<Record<string, ShownGate | null>>;
  readonly instances: readonly {
    readonly id: string;
    readonly runtime: string;
    readonly version: string;
    readonly started_at: string;
    readonly last_seen_at: string;
  }[];
}

export interface ShownRestart {
  readonly requested_by: string;
  readonly requested_at: string;
  readonly completed_at: string | null;
  readonly source: string;
  readonly decision: string;
  readonly decision_reason: string;
  readonly override_reason: string | null;
  readonly failure?: string;
  readonly deployment?: { readonly url: string | null; readonly status: string | null };
}

export interface ShownWorker {
  readonly platform: { readonly hook: string; readonly targets: readonly string[] };
  readonly ledger: { readonly status: string; readonly in_progress: string | null };
  readonly resilience: {
    readonly policy_state: Resilience["policy_state"] & {
      readonly attempts_in_window: number | null;
      readonly blocked_by: string | null;
      readonly retry_budget: number;
      readonly churn_threshold: number;
      readonly window_seconds: number;
    };
    readonly restart_churn: { readonly count: number; readonly threshold: number; readonly exceeded: boolean };
  };
  readonly restart_history: readonly ShownRestart[];
}
