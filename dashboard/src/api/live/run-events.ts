/**
 * All events of one run as narrow rows: the first of them at once, the rest in windows behind, then what changes.
 *
 * Views of one run share what was read: it stays for a minute after the last of them was closed.
 */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { EventRows } from "@/lib/event-rows";
import type { EventRow } from "@/lib/event-row";
import { api, type Schemas } from "../client";
import { dataOf } from "../problem";
import { runKey, type RunDetail } from "../run";
import { useRunFeed, type RunChanges } from "./run-feed";

/** What a screen shows comes first, by itself; the rest in as few requests as the server allows. */
const FIRST = 300;
const WINDOW = 5_000;
const KEPT_MS = 60_000;

export interface RunEventsState {
  readonly rows: readonly EventRow[];
  /** How many there are, as far as the server has said. */
  readonly total: number | undefined;
  readonly isWhole: boolean;
  readonly error: unknown;
}

type ReadWindow = (
  runId: string,
  fromOrder: number,
  limit: number,
  signal: AbortSignal,
) => Promise<Schemas["SpanPageView"]>;

export class RunEvents {
  readonly #runId: string;
  readonly #read: ReadWindow;
  readonly #rows = new EventRows();
  readonly #listeners = new Set<() => void>();
  #nextOrder = 0;
  #reading: AbortController | null = null;
  #state: RunEventsState = { rows: [], total: undefined, isWhole: false, error: null };
  /** The number of the latest change that was seen. */
  changeSeq: number | undefined;

  constructor(runId: string, read: ReadWindow = readWindow) {
    this.#runId = runId;
    this.#read = read;
  }

  readonly get = (): RunEventsState => this.#state;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Read on, from where reading stopped. */
  readonly open = async (): Promise<void> => {
    if (this.#reading !== null || this.#state.isWhole) return;
    const reading = new AbortController();
    this.#reading = reading;
    try {
      let isWhole = false;
      while (!isWhole && !reading.signal.aborted) {
        const limit = this.#nextOrder === 0 ? FIRST : WINDOW;
        const page = await this.#read(this.#runId, this.#nextOrder, limit, reading.signal);
        if (reading.signal.aborted) return;
        const events = page.rows.filter((row) => row.kind === "event");
        this.#rows.takeWindow(events, this.#nextOrder);
        this.#nextOrder += events.length;
        isWhole = events.length === 0 || this.#nextOrder >= page.event_count;
        this.#tell({ total: page.event_count, isWhole, error: null });
      }
    } catch (error) {
      if (!reading.signal.aborted) this.#tell({ error });
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  };

  readonly close = (): void => {
    this.#reading?.abort();
    this.#reading = null;
  };

  /** Read all of it again, keeping what is shown until it comes. */
  readonly reread = (): void => {
    this.close();
    this.#nextOrder = 0;
    this.#state = { ...this.#state, isWhole: false };
    void this.open();
  };

  readonly take = (changes: RunChanges, isReset: boolean): void => {
    this.changeSeq = changes.change_seq;
    if (isReset) {
      this.#rows.clear();
      this.reread();
    }
    if (changes.events.length === 0 && !isReset) return;
    this.#rows.takeChanges(changes.events);
    this.#tell({});
  };

  #tell(change: Partial<RunEventsState>): void {
    const total = Math.max(change.total ?? this.#state.total ?? 0, this.#rows.size);
    this.#state = { ...this.#state, ...change, rows: this.#rows.list(), total };
    for (const listener of this.#listeners) listener();
  }
}

async function readWindow(runId: string, fromOrder: number, limit: number, signal: AbortSignal) {
  return dataOf(
    await api().GET("/api/by-id/{run_id}/spans", {
      params: { path: { run_id: runId }, query: { from_order: fromOrder, limit, max_rows: limit } },
      signal,
    }),
  );
}

/** Return all events of a run, as far as they are known; follows the run while mounted. */
export function useRunEvents(
  run: RunDetail,
  isRunEnded: boolean,
): RunEventsState & { readonly retry: () => void } {
  const { run_id: runId } = run;
  const client = useQueryClient();
  const { data: events } = useQuery({
    // Not below `runKey.view`: it follows the run by itself, and is not read again for each change.
    queryKey: runKey.rows(runId),
    queryFn: () => new RunEvents(runId),
    initialData: () => client.getQueryData<RunEvents>(runKey.rows(runId)) ?? new RunEvents(runId),
    staleTime: Infinity,
    gcTime: KEPT_MS,
    structuralSharing: false,
  });
  const state = useSyncExternalStore(events.subscribe, events.get);
  useEffect(() => {
    void events.open();
    return events.close;
  }, [events]);
  const take = useCallback(
    (changes: RunChanges, isReset: boolean) => events.take(changes, isReset),
    [events],
  );
  // Where another view has followed already, it goes on from there. The run was read before any event of it.
  // Its number counts as it was at first; that of a later reading begins nothing anew.
  // oxlint-disable-next-line react/exhaustive-deps
  const after = useMemo(() => events.changeSeq ?? run.change_seq, [events]);
  useRunFeed(runId, { take, gone: () => undefined }, after);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (!isRunEnded) wasOpen.current = true;
    else if (wasOpen.current) {
      // The order of what came while one looked is only known from a whole read.
      wasOpen.current = false;
      events.reread();
    }
  }, [isRunEnded, events]);
  return { ...state, retry: () => void events.open() };
}
