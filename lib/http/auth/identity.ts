/** Who asks, once that is certain. */
import type { TidegateVariables } from "../env.ts";

/** What may be asked for. An admin may do what a monitor may. */
export type Right = "admin" | "monitor";

export interface Identity {
  /** The audit's actor: a token's name, else what the issuer calls the person. */
  readonly name: string;
  readonly right: Right;
  /** How it was shown: a named bearer token, a JWT of the OIDC issuer, Cloudflare Access, a session of the console. */
  readonly kind: "token" | "jwt" | "access" | "session";
  /** Wall-clock milliseconds after which it says nothing any more; null: as long as the token stays configured. */
  readonly expiresAtMs: number | null;
}

/** Of routes behind `requireAdmin` and `requireMonitor`. */
export interface IdentifiedEnv {
  Variables: TidegateVariables & {
    identity: Identity;
    /** What a session sends along with everything that changes something, as `X-CSRF-Token`; null for the others. */
    csrfToken: string | null;
  };
}

/** An identity, and how it was come by. */
export interface Known {
  readonly kind: "known";
  readonly identity: Identity;
  /** Tells a token from others of its name, and not what it is; null where no token was shown. */
  readonly fingerprint: string | null;
  /** Who tries long enough may come upon it. */
  readonly guessable: boolean;
  readonly csrfToken: string | null;
}

/** What a credential turned out to be. */
export type Identification =
  | Known
  /** Not one of ours, or forged: nothing more is said about it. */
  | { readonly kind: "unknown" }
  /** Was one of ours, until its time was over. */
  | { readonly kind: "expired" }
  /** Whoever could say is away. */
  | { readonly kind: "undecided"; readonly cause: unknown };

export const UNKNOWN: Identification = { kind: "unknown" };
