import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api } from "@/api/client";
import { useRunFeed, type RunChanges } from "@/api/live/run-feed";
import { dataOf } from "@/api/problem";
import type { RunDetail } from "@/api/run";
import { SpanStore, type SpanPart, type SpanSnapshot } from "./span-store";

/** Read the events of a run and follow them. */
export function useSpans(run: RunDetail): { readonly snapshot: SpanSnapshot; readonly store: SpanStore } {
  const { run_id: runId } = run;
  const store = useMemo(
    () =>
      new SpanStore(
        (from, limit, signal) => readPart(runId, from, limit, signal),
        run.started_at,
        run.event_count,
      ),
    // Where the run began may be told anew while it goes on; the times of what was read are relative to what was told first.
    // oxlint-disable-next-line react/exhaustive-deps
    [runId],
  );
  const snapshot = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => {
    store.open();
    return () => store.close();
  }, [store]);
  useEffect(() => store.noteCount(run.event_count), [store, run.event_count]);
  // The run was read before any event of it. Its number counts as it was at first.
  // oxlint-disable-next-line react/exhaustive-deps
  const after = useMemo(() => run.change_seq, [runId]);
  const take = (changes: RunChanges, isReset: boolean) => {
    if (isReset) store.reset();
    store.take(changes.events);
  };
  useRunFeed(runId, { take, gone: () => undefined }, after);
  return { snapshot, store };
}

async function readPart(runId: string, from: number, limit: number, signal: AbortSignal): Promise<SpanPart> {
  const page = dataOf(
    await api().GET("/api/by-id/{run_id}/spans", {
      params: { path: { run_id: runId }, query: { from_order: from, limit, max_rows: limit } },
      signal,
    }),
  );
  // There is a row for each event, since no more events are asked for than rows.
  return { ...page, rows: page.rows.filter((row) => row.kind === "event") };
}
