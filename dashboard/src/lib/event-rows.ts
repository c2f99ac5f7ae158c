/**
 * All events of a run, as they come in: windows of what was recorded first, then changes. Each is kept once, by id.
 *
 * Where changes come before the window of an event does, the change counts: what the window has of it, and is newer,
 * is told by a change that follows.
 */

import { eventRow, parseInstant, sharing, type EventRow, type ToldEvent } from "./event-row";
import { withRunEnd, type RunEnd } from "./run-end";

export interface ToldChange extends ToldEvent {
  readonly sequence: number | null;
}

/** Where an event stands whose window has not been read. */
const UNPLACED = Number.MAX_SAFE_INTEGER;

export class EventRows {
  readonly same = sharing();
  #byId = new Map<string, EventRow>();
  #byOrder = new Map<number, EventRow>();
  /** Events that a change has told of. */
  #changed = new Set<string>();
  #sorted: EventRow[] | null = [];
  #lastOrder = -1;
  #isWhole = false;
  /** How the run ended, as far as a change has told. */
  #runEnd: RunEnd | null | undefined;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): EventRow | undefined {
    return this.#byId.get(id);
  }

  /** Return the row at a place of the execution order. */
  at(order: number): EventRow | undefined {
    return this.#byOrder.get(order);
  }

  /** Return all rows in execution order; the same array until something changes. */
  list(): readonly EventRow[] {
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => a.order - b.order);
    return this.#sorted;
  }

  /** Return how many events are known above one; parents that run in a circle end it. */
  depthOf(row: EventRow): number {
    let depth = 0;
    for (let each = row; each.parentId !== null && depth < this.size; depth++) {
      const parent = this.#byId.get(each.parentId);
      if (parent === undefined) break;
      each = parent;
    }
    return depth;
  }

  /** Take a window of rows, which stand where they say; return those that are new or have changed. */
  takeWindow(rows: readonly EventRow[]): EventRow[] {
    const taken: EventRow[] = [];
    for (const row of rows) {
      const known = this.#changed.has(row.id) ? this.#byId.get(row.id) : undefined;
      const kept = known === undefined ? this.#shown(row) : { ...known, order: row.order };
      this.#byId.set(row.id, kept);
      this.#byOrder.set(row.order, kept);
      if (known === undefined) taken.push(kept);
      this.#lastOrder = Math.max(this.#lastOrder, row.order);
    }
    if (rows.length > 0) this.#sorted = null;
    return taken;
  }

  /**
   * Take changed events, and return their rows. Those that are new stand behind all others, by number and time. Where
   * windows are missing, what is not known here need not be new: there are `total` events.
   */
  takeChanges(events: readonly ToldChange[], total: number): EventRow[] {
    const taken: EventRow[] = [];
    for (const told of [...events].sort(byNumberThenStart)) {
      const known = this.#byId.get(told.event_id)?.order;
      const isNew = this.#isWhole || this.#lastOrder + 1 < total;
      const order = known ?? (isNew ? this.#lastOrder + 1 : UNPLACED);
      const row = this.#shown(eventRow(told, order, this.same));
      this.#byId.set(row.id, row);
      if (order < UNPLACED) this.#lastOrder = Math.max(this.#lastOrder, order);
      if (!this.#isWhole) {
        this.#changed.add(row.id);
        if (order < UNPLACED) this.#byOrder.set(order, row);
      }
      taken.push(row);
    }
    if (taken.length > 0) this.#sorted = null;
    return taken;
  }

  /** Say how the run ended, or with null that it goes on; return the rows that are shown otherwise for it. */
  endWith(runEnd: RunEnd | null): EventRow[] {
    const isSame = this.#runEnd?.status === runEnd?.status && this.#runEnd?.at === runEnd?.at;
    if (this.#runEnd !== undefined && isSame) return [];
    this.#runEnd = runEnd;
    const taken: EventRow[] = [];
    for (const row of this.#byId.values()) {
      const shown = withRunEnd(row, runEnd);
      if (shown === row) continue;
      this.#byId.set(row.id, shown);
      if (this.#byOrder.has(row.order)) this.#byOrder.set(row.order, shown);
      taken.push(shown);
    }
    if (taken.length > 0) this.#sorted = null;
    return taken;
  }

  #shown(row: EventRow): EventRow {
    return this.#runEnd === undefined ? row : withRunEnd(row, this.#runEnd);
  }

  /** Say how many events there were when windows began to be read: what comes later stands behind them. */
  expect(total: number): void {
    this.#lastOrder = Math.max(this.#lastOrder, total - 1);
  }

  /** Say that all windows are here, or that they will be read again. */
  settle(isWhole: boolean): void {
    this.#byOrder.clear();
    this.#changed.clear();
    this.#isWhole = isWhole;
  }

  clear(): void {
    this.#isWhole = false;
    this.#runEnd = undefined;
    this.#byId = new Map();
    this.#byOrder = new Map();
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
