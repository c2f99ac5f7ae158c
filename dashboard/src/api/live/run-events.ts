/**
 * All events of one run as narrow rows: the first of them at once, the rest behind, then what changes.
 *
 * What a screen shows is read first, so that it is there at once however long the run is. The rest follows in few large
 * windows, and what has changed since the first of them in the run's feed. Of runs beyond `MOST` events only what is
 * looked at is read. Views of one run share what was read: it stays for a minute after the last of them was closed.
 */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { rowsOfColumns } from "@/lib/event-columns";
import { eventRow, type EventRow } from "@/lib/event-row";
import { EventRows } from "@/lib/event-rows";
import { runEndOf } from "@/lib/run-end";
import { api, type Schemas } from "../client";
import { dataOf } from "../problem";
import { runKey } from "../run";
import { useRunFeed, type RunChanges } from "./run-feed";

/** `public/start.js` asks for so many before this code is there. */
export const FIRST = 400;
export const WINDOW = 20_000;
export const MOST = 200_000;
/** Of runs beyond `MOST`, so many are read where somebody looks. */
export const LOOKED_AT = 1_000;
/** One after the other: two would take turns on the server, and both come late. */
const AT_ONCE = 1;
const KEPT_MS = 60_000;

export interface PlacedRow {
  readonly row: EventRow;
  readonly depth: number;
}

export interface RunEventsState {
  readonly rows: readonly EventRow[];
  /** How many there are, as far as the server has said. */
  readonly total: number | undefined;
  readonly isWhole: boolean;
  readonly error: unknown;
}

/** Told of rows that are new or have changed; `isReset` where all others are forgotten. */
export type RowsListener = (rows: readonly EventRow[], isReset: boolean) => void;

export interface EventSource {
  /** Read a few events, each with its depth. */
  readonly readSpans: (from: number, limit: number, signal: AbortSignal) => Promise<Schemas["SpanPageView"]>;
  /** Read very many. */
  readonly readColumns: (
    from: number,
    limit: number,
    signal: AbortSignal,
  ) => Promise<Schemas["SpanColumnsView"]>;
}

const NOTHING: RunEventsState = { rows: [], total: undefined, isWhole: false, error: null };
const FIRST_WINDOW = -1;

export class RunEvents {
  readonly #source: EventSource;
  readonly #rows = new EventRows();
  readonly #depths = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #rowsListeners = new Set<RowsListener>();
  readonly #isRead = new Set<number>();
  readonly #reading = new Set<number>();
  #abort = new AbortController();
  #isFirstRead = false;
  #isLong = false;
  #hasNew = false;
  #wanted = 0;
  #state = NOTHING;
  /** The number of the change up to which everything is here or will be read; later ones are the feed's. */
  changeSeq: number | undefined;

  constructor(source: EventSource) {
    this.#source = source;
  }

  readonly get = (): RunEventsState => this.#state;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Be told of rows, beginning with those that are here; returns the function that ends it. */
  onRows(listener: RowsListener): () => void {
    if (this.#rows.size > 0) listener(this.#state.rows, true);
    this.#rowsListeners.add(listener);
    return () => {
      this.#rowsListeners.delete(listener);
    };
  }

  /** Return the row at a place of the execution order, as far as it is here. */
  rowAt(order: number): PlacedRow | undefined {
    const row = this.#state.isWhole ? this.#state.rows[order] : this.#rows.at(order);
    return row && { row, depth: this.#depths.get(row.id) ?? this.#rows.depthOf(row) };
  }

  /** Return the place of an event in the execution order, as far as it is here. */
  orderOf(eventId: string): number | undefined {
    return this.#rows.get(eventId)?.order;
  }

  /** Read on, from where reading stopped. */
  readonly open = (): void => {
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    if (this.#state.error !== null) {
      this.#note({ error: null });
      this.#tell([]);
    }
    this.#readOn();
  };

  readonly close = (): void => {
    this.#abort.abort();
    this.#reading.clear();
  };

  /** Say which place is looked at, so that it is read next. */
  want(order: number): void {
    const window = this.#windowOf(order);
    if (window === this.#wanted) return;
    this.#wanted = window;
    if (this.#isFirstRead && !this.#state.isWhole) this.#readOn();
  }

  /** Read all of it again if its order may be another by now, keeping what is shown until it comes. */
  readonly reorder = (): void => {
    if (this.#hasNew && !this.#isLong) this.#readAgain();
  };

  readonly take = (changes: RunChanges, isReset: boolean): void => {
    this.changeSeq = changes.change_seq;
    if (isReset) {
      this.#rows.clear();
      this.#depths.clear();
      this.#state = NOTHING;
      for (const listener of this.#rowsListeners) listener([], true);
      this.#readAgain();
    }
    const total = Math.max(changes.run?.event_count ?? 0, this.#state.total ?? 0);
    const before = this.#rows.size;
    const ended = changes.run === null ? [] : this.#rows.endWith(runEndOf(changes.run));
    const taken = [...ended, ...this.#rows.takeChanges(changes.events, total)];
    if (taken.length === 0 && !isReset) return;
    this.#hasNew ||= this.#rows.size > before;
    this.#note({ total });
    this.#tell(taken);
  };

  #readAgain(): void {
    this.close();
    this.#abort = new AbortController();
    this.#isRead.clear();
    this.#isFirstRead = false;
    this.#hasNew = false;
    this.#rows.settle(false);
    this.#readOn();
  }

  /** Windows are numbered; that which was read first is no part of the others. */
  #windowOf(order: number): number {
    return this.#isLong ? Math.floor(order / LOOKED_AT) : Math.floor(Math.max(0, order - FIRST) / WINDOW);
  }

  #readOn(): void {
    if (!this.#isFirstRead) {
      if (this.#reading.size === 0) void this.#read(FIRST_WINDOW);
      return;
    }
    while (this.#reading.size < AT_ONCE && this.#state.error === null) {
      const window = this.#nextWindow();
      if (window === undefined) return;
      void this.#read(window);
    }
  }

  #nextWindow(): number | undefined {
    const last = (this.#state.total ?? 0) - 1;
    const isOpen = (window: number) =>
      window >= 0 &&
      (this.#isLong || last >= FIRST) &&
      window <= this.#windowOf(last) &&
      !this.#isRead.has(window) &&
      !this.#reading.has(window);
    const near = [this.#wanted, this.#wanted + 1, this.#wanted - 1].find(isOpen);
    if (near !== undefined || this.#isLong) return near;
    for (let window = 0; window <= this.#windowOf(last); window++) if (isOpen(window)) return window;
    return undefined;
  }

  async #read(window: number): Promise<void> {
    const { signal } = this.#abort;
    this.#reading.add(window);
    try {
      const { rows, total } = await this.#readWindow(window, signal);
      if (signal.aborted) return;
      this.#reading.delete(window);
      if (window === FIRST_WINDOW) this.#isFirstRead = true;
      else this.#isRead.add(window);
      this.#note({ total: Math.max(total, this.#state.total ?? 0) });
      // The next is on its way while this one is shown.
      this.#readOn();
      const taken = this.#rows.takeWindow(rows);
      this.#rows.expect(total);
      if (this.#reading.size === 0 && this.#nextWindow() === undefined && !this.#isLong) this.#settle();
      this.#tell(taken);
    } catch (error) {
      if (signal.aborted) return;
      this.#reading.delete(window);
      this.#note({ error });
      this.#tell([]);
    }
  }

  async #readWindow(
    window: number,
    signal: AbortSignal,
  ): Promise<{ readonly rows: readonly EventRow[]; readonly total: number }> {
    if (window !== FIRST_WINDOW && !this.#isLong) {
      const columns = await this.#source.readColumns(FIRST + window * WINDOW, WINDOW, signal);
      return { rows: rowsOfColumns(columns, this.#rows.same), total: columns.event_count };
    }
    const [from, limit] = window === FIRST_WINDOW ? [0, FIRST] : [window * LOOKED_AT, LOOKED_AT];
    const page = await this.#source.readSpans(from, limit, signal);
    if (window === FIRST_WINDOW && !signal.aborted) {
      this.changeSeq ??= page.change_seq;
      this.#isLong = page.event_count > MOST;
    }
    const rows: EventRow[] = [];
    for (const told of page.rows) {
      // There is a row for each event, since no more events are asked for than rows.
      if (told.kind !== "event") continue;
      if (told.depth !== null) this.#depths.set(told.event_id, told.depth);
      rows.push(eventRow(told, from + rows.length, this.#rows.same));
    }
    return { rows, total: page.event_count };
  }

  /** Everything is here; what was kept to show a part of it is not needed any more. */
  #settle(): void {
    this.#depths.clear();
    this.#rows.settle(true);
    this.#note({ isWhole: true });
  }

  #note(change: Partial<RunEventsState>): void {
    this.#state = { ...this.#state, ...change };
  }

  #tell(taken: readonly EventRow[]): void {
    const total = Math.max(this.#state.total ?? 0, this.#rows.size);
    this.#note({ rows: this.#rows.list(), total });
    for (const listener of this.#rowsListeners) listener(taken, false);
    for (const listener of this.#listeners) listener();
  }
}

function sourceOf(runId: string): EventSource {
  const path = { run_id: runId };
  return {
    readSpans: async (from_order, limit, signal) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/spans", {
          params: { path, query: { from_order, limit, max_rows: limit } },
          signal,
        }),
      ),
    readColumns: async (from_order, limit, signal) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/spans/columns", {
          params: { path, query: { from_order, limit } },
          signal,
        }),
      ),
  };
}

/** Return the events of a run, which are read and followed while mounted. */
export function useRunEvents(runId: string, isRunEnded: boolean): RunEvents {
  const client = useQueryClient();
  // Not below `runKey.view`: it follows the run by itself, and is not read again for each change.
  const queryKey = runKey.rows(runId);
  const { data: events } = useQuery({
    queryKey,
    queryFn: () => new RunEvents(sourceOf(runId)),
    initialData: () => client.getQueryData<RunEvents>(queryKey) ?? new RunEvents(sourceOf(runId)),
    staleTime: Infinity,
    gcTime: KEPT_MS,
    structuralSharing: false,
  });
  useEffect(() => {
    events.open();
    return events.close;
  }, [events]);
  const take = useCallback(
    (changes: RunChanges, isReset: boolean) => events.take(changes, isReset),
    [events],
  );
  const isBegun = useSyncExternalStore(events.subscribe, () => events.changeSeq !== undefined);
  // Where another view has followed already, it goes on from there; the number is of the first sight.
  const [after, setAfter] = useState(events.changeSeq);
  if (isBegun && after === undefined) setAfter(events.changeSeq);
  useRunFeed(runId, { take, gone: () => undefined }, after);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (!isRunEnded) wasOpen.current = true;
    else if (wasOpen.current) {
      // The order of what came while one looked is only known from a whole read.
      wasOpen.current = false;
      events.reorder();
    }
  }, [isRunEnded, events]);
  return events;
}

/** Return all events of a run, as far as they are known; follows the run while mounted. */
export function useRunRows(
  runId: string,
  isRunEnded: boolean,
): RunEventsState & { readonly retry: () => void } {
  const events = useRunEvents(runId, isRunEnded);
  const state = useSyncExternalStore(events.subscribe, events.get);
  return { ...state, retry: events.open };
}
