/** An event as the timeline keeps it: small, since there may be a hundred thousand, with times relative to the run's. */

import type { EventRow } from "@/lib/event-row";
import { eventKind } from "@/lib/vocabulary";

export interface Span {
  readonly id: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly name: string;
  readonly status: string;
  /** Milliseconds since the zero of the run, with microseconds behind the point. */
  readonly start: number;
  /** Null while it goes on; an event without a length ends when it starts. */
  readonly end: number | null;
  readonly firstToken: number | null;
  readonly model: string | null;
  readonly tokens: number | null;
  readonly cost: number | null;
}

/** Return the span of an event; `zeroMs` is an instant. */
export function spanOf(row: EventRow, zeroMs: number): Span {
  const start = since(row.startedAt, zeroMs);
  const hasTokens = row.tokensIn !== null || row.tokensOut !== null;
  return {
    id: row.id,
    parentId: row.parentId,
    type: row.type,
    name: row.name ?? row.model ?? eventKind(row.type).label,
    status: row.status,
    start,
    end: endOf(row, start, zeroMs),
    firstToken: row.firstTokenAt === null ? null : since(row.firstTokenAt, zeroMs),
    model: row.model,
    tokens: hasTokens ? (row.tokensIn ?? 0) + (row.tokensOut ?? 0) : null,
    cost: row.cost,
  };
}

function endOf(row: EventRow, start: number, zeroMs: number): number | null {
  if (row.endedAt !== null) return Math.max(start, since(row.endedAt, zeroMs));
  if (row.durationMs !== null) return start + row.durationMs;
  return row.status === "running" ? null : start;
}

/** Instants are exact to the microsecond, differences of them beyond that are not. */
function since(instant: number, zeroMs: number): number {
  return Math.round((instant - zeroMs) * 1_000) / 1_000;
}

/** Tell whether an event is a moment rather than a stretch of time. */
export function isMoment(span: Span): boolean {
  return span.end !== null && span.end === span.start;
}
