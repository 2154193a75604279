/** One statement on a connection that is held, and its span. */
import type { Span } from "../telemetry/port.ts";
import { failStatement } from "../telemetry/statement.ts";
import { textOfOthers } from "../telemetry/statement-text.ts";

/** One statement, as it is kept track of. */
export interface Job<Line> {
  readonly text: string;
  /** The whole of it, where that is known only once it was sent. */
  sentText?(): string;
  span?: Span | null;
  /** On the monotonic clock. Of a hold, as what follows. */
  sentAt: number;
  /** Under way, but it is its reader's turn. */
  isResting: boolean;
  send(line: Line): void;
  /** It will not be sent, or nobody waits for its end any more. */
  refuse(reason: unknown): void;
}

/** It has ended, or will not be sent. */
export function endSpan<Line>(job: Job<Line>, error: unknown): void {
  const { span } = job;
  if (!span) return;
  if (job.sentText) span.set({ "db.query.text": textOfOthers(job.sentText()).text });
  if (error !== undefined) failStatement(span, error);
  span.end();
}
