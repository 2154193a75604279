/** Who asks, once that is certain. */
import type { Login } from "../../recovery/ledger/attempt.ts";
import type { TidegateVariables } from "../env.ts";

/** What may be asked for. An admin may do what a monitor may. */
export type Right = "admin" | "monitor";

/** Whom an issuer means. */
export interface Subject {
  readonly issuer: string;
  /** The issuer's own name for somebody: never given to another. */
  readonly sub: string;
  /** What people call him, for display alone: anybody may have put it there. */
  readonly displayName: string | null;
  /** The issuer says that it has verified the display name. */
  readonly isNameVerified: boolean;
}

export interface Identity {
  /** The audit's actor: a token's name, else issuer and subject ({@link actorOf}). */
  readonly name: string;
  readonly right: Right;
  /** How it was shown: a named bearer token, a JWT of the OIDC issuer, Cloudflare Access, a session of the console. */
  readonly kind: "token" | "jwt" | "access" | "session";
  /** Null where no issuer was asked. */
  readonly subject: Subject | null;
  /** Wall-clock milliseconds after which it says nothing any more; null: as long as the token stays configured. */
  readonly expiresAtMs: number | null;
}

/** One for each subject of each issuer: an issuer's name has no fragment. */
export const actorOf = ({ issuer, sub }: Pick<Subject, "issuer" | "sub">): string => `${issuer}#${sub}`;

/** As the audit has it. */
export const loginOf = ({ kind, subject }: Pick<Identity, "kind" | "subject">): Login => ({
  kind,
  sub: subject?.sub ?? null,
  displayName: subject?.displayName ?? null,
  isNameVerified: subject?.isNameVerified ?? false,
});

/** For people who know each other by name. */
export function shownName({ name, subject }: Pick<Identity, "name" | "subject">): string {
  if (!subject?.displayName) return name;
  return subject.isNameVerified ? subject.displayName : `${subject.displayName} (unverified)`;
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
  /** Tells what it was shown by from everything else, and not what that is: a token, or an issuer and its client here. */
  readonly fingerprint: string;
  /** Who tries long enough may come upon it. */
  readonly guessable: boolean;
  readonly csrfToken: string | null;
}

/** What a credential turned out to be. */
export type Identification =
  | Known
  /** Not one of ours, or forged: whoever asks is told nothing more about it. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** Was one of ours, until its time was over. */
  | { readonly kind: "expired" }
  /** Whoever could say is away. */
  | { readonly kind: "undecided"; readonly cause: unknown };

/** @param reason for the log: what is right at the issuer and wrong in the settings would not be found otherwise. */
export const unknown = (reason: string): Identification => ({ kind: "unknown", reason });
