/** Who tried what, and why it was not done. */

/** How somebody has shown who they are, and what else they are called. */
export interface Login {
  /** A named token, a JWT of the OIDC issuer, Cloudflare Access, a session of the console. */
  readonly kind: "token" | "jwt" | "access" | "session";
  /** The issuer's own name for them; null where no issuer was asked. */
  readonly sub: string | null;
  /** For display alone. */
  readonly displayName: string | null;
  /** The issuer says that it has verified the display name. */
  readonly isNameVerified: boolean;
}

/** What somebody tried, and why it was not done. */
export interface Attempt {
  /** As the audit has it. */
  readonly action: string;
  readonly actor: string;
  readonly login: Login | null;
  readonly ip: string | null;
  readonly because: string;
}

/** Attempts of one actor at one thing that were refused for one reason, told together. */
export interface Refused extends Attempt {
  /** Those that have not been told. */
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Of {@link Refused}, as it is kept. */
export interface KeptRefused extends Attempt {
  count: number;
  firstAt: number;
  lastAt: number;
  ip: string | null;
  login: Login | null;
  tellAt: number;
}

/** Actors, actions and reasons whose refusals are counted; beyond it those counted longest are told at once. */
export const REFUSED_KEPT = 100;
/** The first refusal is told at once; those of one actor for one reason that follow it, together, this often. */
export const REFUSED_TOLD_EVERY_MS = 600_000;
