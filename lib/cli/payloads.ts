/** What commands read of the admin function's answers: the contract's names. Another version's may lack some. */

export interface Forced {
  readonly mode: string;
  readonly until: string;
  readonly actor: string;
  readonly reason: string;
}

export interface GatePart {
  readonly circuit_breaker: {
    readonly state: string;
    readonly open_until: string | null;
    readonly total_count: number;
    readonly failure_count: number;
    readonly forced: Forced | null;
  };
  readonly override_version?: number;
  readonly lanes: Readonly<
    Record<string, { readonly capacity: number; readonly held: number; readonly waiting: number }>
  >;
}

export interface Recommendation {
  readonly level: string;
  readonly action: string;
  readonly reason: string;
}

export interface SystemStatus {
  readonly database: { readonly status: string; readonly error: string | null };
  readonly state_store?: { readonly kind: string; readonly status: string };
  readonly runtime_resilience: {
    readonly degraded_reason: string | null;
    readonly pool_state?: { readonly saturation: number; readonly waiting: number };
    readonly recovery_recommendation?: Recommendation;
  };
  /** Null where the store does not say. */
  readonly gates: Readonly<Record<string, GatePart | null>>;
  readonly instances: readonly { readonly id: string; readonly runtime: string; readonly version: string }[];
}

export interface RestartRow {
  readonly restart_id: string;
  readonly requested_by: string;
  readonly requested_at: string;
  readonly decision: string;
  readonly success: boolean | null;
  readonly failure?: string;
  /** What the platform says of its deployment, where it says something. */
  readonly progress?: "running" | "succeeded" | "failed";
  readonly deployment?: { readonly id: string | null; readonly url: string | null; readonly status: string | null };
}

export interface WorkerStatus {
  readonly platform: {
    readonly hook: string;
    readonly targets?: readonly string[];
    readonly capabilities?: readonly string[];
  };
  readonly cooldown: { readonly active: boolean; readonly remaining_seconds: number };
  readonly resilience: {
    readonly policy_state?: {
      readonly state: string;
      readonly attempts_in_window: number | null;
      readonly blocked_by: string | null;
      readonly retry_budget: number;
      readonly window_seconds: number;
    };
  };
  readonly restart_history: readonly RestartRow[];
}
