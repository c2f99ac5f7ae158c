import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useRunEvents, type RunEvents } from "@/api/live/run-events";
import type { RunDetail } from "@/api/run";
import { parseInstant } from "@/lib/event-row";
import { isEnded } from "@/lib/vocabulary";
import { SpanStore, type SpanSnapshot } from "./span-store";

/** Return the spans of a run, and its events, which say where somebody looks. */
export function useSpans(run: RunDetail): { readonly snapshot: SpanSnapshot; readonly events: RunEvents } {
  const events = useRunEvents(run.run_id, isEnded(run.status));
  // Where the run began may be told anew while it goes on; the times of what was read are relative to what was told first.
  const store = useMemo(
    () => new SpanStore(events, parseInstant(run.started_at)),
    // oxlint-disable-next-line react/exhaustive-deps
    [events],
  );
  const snapshot = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => store.open(), [store]);
  return { snapshot, events };
}
