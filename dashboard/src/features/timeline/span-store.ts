/**
 * The spans of one run, kept in step with its events.
 *
 * When all events are there the spans become a tree: to collapse, to zoom, to find the critical path. Until then, and of
 * runs of which only a part is read, rows stand in execution order.
 */

import type { RunEvents } from "@/api/live/run-events";
import type { EventRow } from "@/lib/event-row";
import { spanOf, type Span } from "./span";
import { SpanTable, type SpanTree } from "./span-tree";

/** Changes are shown at most so often, and no more often than a quarter of the time allows. */
const LEAST_PAUSE_MS = 100;
const PATIENCE = 4;

export interface OrderedRow {
  readonly span: Span;
  readonly depth: number;
}

export interface SpanSnapshot {
  /** How many events the run has, as far as is known. */
  readonly count: number;
  /** How many of them are here. */
  readonly loaded: number;
  /** All of the run; null as long as a part is missing. */
  readonly tree: SpanTree | null;
  /** The row at a place of the execution order, as far as it is here. */
  readonly rowAt: (order: number) => OrderedRow | undefined;
  /** The place of an event in the execution order, as far as it is here. */
  readonly orderOf: (eventId: string) => number | undefined;
  readonly error: unknown;
}

export class SpanStore {
  readonly #events: RunEvents;
  readonly #zeroMs: number;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #table = new SpanTable();
  #isWhole = false;
  #snapshot: SpanSnapshot;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = LEAST_PAUSE_MS;

  constructor(events: RunEvents, zeroMs: number, now: () => number = () => performance.now()) {
    this.#events = events;
    this.#zeroMs = zeroMs;
    this.#now = now;
    this.#snapshot = this.#look();
  }

  readonly get = (): SpanSnapshot => this.#snapshot;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follow the events; returns the function that ends it. */
  open(): () => void {
    const stopRows = this.#events.onRows((rows, isReset) => this.#take(rows, isReset));
    const stopState = this.#events.subscribe(() => this.#note());
    this.#show();
    return () => {
      stopRows();
      stopState();
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #take(rows: readonly EventRow[], isReset: boolean): void {
    if (isReset) this.#table = new SpanTable();
    for (const row of rows) this.#table.put(spanOf(row, this.#zeroMs));
  }

  #note(): void {
    const { isWhole, error } = this.#events.get();
    // What is new to a run that is there may wait a moment; the first of it, and its last, may not.
    if (isWhole && this.#isWhole && error === this.#snapshot.error) this.#showSoon();
    else this.#show();
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(), this.#pauseMs);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = this.#now();
    this.#snapshot = this.#look();
    for (const listener of this.#listeners) listener();
    this.#pauseMs = Math.max(LEAST_PAUSE_MS, PATIENCE * (this.#now() - began));
  }

  #look(): SpanSnapshot {
    const { rows, total, isWhole, error } = this.#events.get();
    this.#isWhole = isWhole && rows.length === this.#table.size;
    return {
      count: this.#isWhole ? rows.length : (total ?? 0),
      loaded: rows.length,
      tree: this.#isWhole ? this.#table.build() : null,
      rowAt: (order) => this.#rowAt(order),
      orderOf: (eventId) => this.#events.orderOf(eventId),
      error,
    };
  }

  #rowAt(order: number): OrderedRow | undefined {
    const placed = this.#events.rowAt(order);
    return placed && { span: spanOf(placed.row, this.#zeroMs), depth: placed.depth };
  }
}
