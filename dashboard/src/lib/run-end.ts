/**
 * The rule by which what goes on in a run ends with it. The server applies it to what it lists; changes tell events as
 * they were recorded, so here it is applied to those, and taken back where the run goes on again.
 */

import { parseInstant, type EventRow } from "./event-row";
import { isEnded } from "./vocabulary";

export interface RunEnd {
  readonly status: "completed" | "cancelled";
  readonly at: number;
}

/** Return how a run ended; null while it goes on. */
export function runEndOf(run: { readonly status: string; readonly ended_at: string | null }): RunEnd | null {
  if (run.ended_at === null || !isEnded(run.status)) return null;
  return {
    status: run.status === "completed" ? "completed" : "cancelled",
    at: parseInstant(run.ended_at),
  };
}

/** Return an event as it is shown in its run; the same one where nothing changes. */
export function withRunEnd(row: EventRow, end: RunEnd | null): EventRow {
  if (row.status !== "running" && !row.endedByRun) return row;
  if (end === null) {
    if (!row.endedByRun) return row;
    return { ...row, status: "running", endedAt: null, durationMs: null, endedByRun: false };
  }
  const endedAt = Math.max(row.startedAt, end.at);
  if (row.endedByRun && row.status === end.status && row.endedAt === endedAt) return row;
  return { ...row, status: end.status, endedAt, durationMs: endedAt - row.startedAt, endedByRun: true };
}
