/**
 * All events of a run, as they come in: windows of what was recorded first, then changes. Each is kept once, by id.
 *
 * Where changes come before the window of an event does, the change counts: it is newer than any window can be.
 */

import { eventRow, parseInstant, sharing, type EventRow, type ToldEvent } from "./event-row";

export interface ToldChange extends ToldEvent {
  readonly sequence: number | null;
}

export class EventRows {
  #byId = new Map<string, EventRow>();
  /** Events that a change has told of; a window that was read before says nothing newer. */
  #changed = new Set<string>();
  #sorted: EventRow[] | null = [];
  #lastOrder = -1;
  readonly #same = sharing();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): EventRow | undefined {
    return this.#byId.get(id);
  }

  /** Return all rows in execution order; the same array until something changes. */
  list(): readonly EventRow[] {
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => a.order - b.order);
    return this.#sorted;
  }

  /** Take a window of events in execution order, the first of which has the place `fromOrder`. */
  takeWindow(events: readonly ToldEvent[], fromOrder: number): void {
    for (const [index, told] of events.entries()) {
      const order = fromOrder + index;
      const known = this.#byId.get(told.event_id);
      const isNewer = known === undefined || !this.#changed.has(told.event_id);
      this.#byId.set(told.event_id, isNewer ? eventRow(told, order, this.#same) : { ...known, order });
      this.#lastOrder = Math.max(this.#lastOrder, order);
    }
    this.#sorted = null;
  }

  /** Take changed events; those that are new stand behind all others, by their numbers and times. */
  takeChanges(events: readonly ToldChange[]): void {
    if (events.length === 0) return;
    for (const told of [...events].sort(byNumberThenStart)) {
      this.#changed.add(told.event_id);
      const order = this.#byId.get(told.event_id)?.order ?? this.#lastOrder + 1;
      this.#lastOrder = Math.max(this.#lastOrder, order);
      this.#byId.set(told.event_id, eventRow(told, order, this.#same));
    }
    this.#sorted = null;
  }

  clear(): void {
    this.#byId = new Map();
    this.#changed = new Set();
    this.#sorted = [];
    this.#lastOrder = -1;
  }
}

function byNumberThenStart(a: ToldChange, b: ToldChange): number {
  const byNumber = (a.sequence ?? Infinity) - (b.sequence ?? Infinity);
  return (
    (Number.isNaN(byNumber) ? 0 : byNumber) ||
    parseInstant(a.started_at) - parseInstant(b.started_at) ||
    (a.event_id < b.event_id ? -1 : 1)
  );
}
