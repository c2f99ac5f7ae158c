/** A run as it was at a moment: what had begun, what went on, and what had ended by then. Pure. */

import type { EventRow } from "./event-row";
import { readText, type RawSearch } from "./search-params";

/** Where the playhead stands: milliseconds since the run's start, or at what is there now. */
export type Position = number | "now";

export const SPEEDS = [1, 4, 16, 64, 256] as const;
export const PARAMETER = "at";

/** Return where the playhead stands; undefined where nobody asked for it. */
export function readPosition(search: RawSearch): Position | undefined {
  const text = readText(search, PARAMETER);
  if (text === undefined || text === "now") return text;
  const ms = Number(text);
  return Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : undefined;
}

/** Return how many of some rising numbers are not after a moment. */
export function countUpTo(times: readonly number[] | Float64Array, at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What something was, one after the other: looked up by time, and always the same object. */
export class History<State> {
  readonly #times: readonly number[];
  readonly #states: readonly State[];

  constructor(changes: readonly { readonly at: number; readonly state: State }[]) {
    const sorted = [...changes].sort((a, b) => a.at - b.at);
    this.#times = sorted.map(({ at }) => at);
    this.#states = sorted.map(({ state }) => state);
  }

  get times(): readonly number[] {
    return this.#times;
  }

  /** Return what it was at a moment; undefined before it was anything. */
  at(moment: number): State | undefined {
    return this.#states[countUpTo(this.#times, moment) - 1];
  }
}

interface Times<Item> {
  readonly begin: (item: Item) => number;
  /** `Infinity` of what goes on. */
  readonly end: (item: Item) => number;
  /** Return what is known of an item before its end. */
  readonly whileOpen: (item: Item) => Item;
}

/** What a run has, indexed by when it began and ended. */
export class ItemsInTime<Item> {
  readonly #items: readonly Item[];
  readonly #times: Times<Item>;
  readonly #begins: Float64Array;
  readonly #ends: Float64Array;
  readonly #open = new Map<Item, Item>();
  #latest: { readonly key: string; readonly items: readonly Item[] } | undefined;

  constructor(items: readonly Item[], times: Times<Item>) {
    this.#items = items;
    this.#times = times;
    this.#begins = Float64Array.from(items, times.begin).sort();
    this.#ends = Float64Array.from(items, times.end).sort();
  }

  /** Return the items that had begun, in their order, as they were; the same list while nothing begins or ends. */
  at(moment: number): readonly Item[] {
    const key = `${countUpTo(this.#begins, moment)} ${countUpTo(this.#ends, moment)}`;
    if (this.#latest?.key !== key) this.#latest = { key, items: this.#find(moment) };
    return this.#latest.items;
  }

  #find(moment: number): Item[] {
    const found: Item[] = [];
    for (const item of this.#items) {
      if (this.#times.begin(item) > moment) continue;
      found.push(this.#times.end(item) <= moment ? item : this.#openItem(item));
    }
    return found;
  }

  #openItem(item: Item): Item {
    let open = this.#open.get(item);
    if (open === undefined) this.#open.set(item, (open = this.#times.whileOpen(item)));
    return open;
  }
}

/** Return the events of a run by time. */
export function rowsInTime(rows: readonly EventRow[]): ItemsInTime<EventRow> {
  return new ItemsInTime(rows, {
    begin: (row) => row.startedAt,
    end: (row) => row.endedAt ?? Infinity,
    whileOpen: rowWhileOpen,
  });
}

/** Return an event as it was before it ended: what it came to was not known. */
function rowWhileOpen(row: EventRow): EventRow {
  return {
    ...row,
    status: "running",
    endedAt: null,
    durationMs: null,
    tokensIn: null,
    tokensOut: null,
    cost: null,
    isUnpriced: false,
  };
}

export interface Tick {
  /** Its place between the beginning, 0, and the end, 1. */
  readonly place: number;
  readonly kind: "error" | "node";
}

/** Return marks for errors and beginnings of nodes, at most one of a kind in each of `nSlots`. */
export function ticksOf(rows: readonly EventRow[], start: number, end: number, nSlots = 300): Tick[] {
  const span = Math.max(1, end - start);
  const slots = new Map<string, Tick>();
  const note = (kind: Tick["kind"], at: number) => {
    const place = Math.min(1, Math.max(0, (at - start) / span));
    const slot = `${kind} ${Math.floor(place * nSlots)}`;
    if (!slots.has(slot)) slots.set(slot, { place, kind });
  };
  for (const row of rows) {
    if (row.status === "failed") note("error", row.endedAt ?? row.startedAt);
    if (row.type === "node_execution") note("node", row.startedAt);
  }
  return [...slots.values()];
}

/** Return where a key leads from a position, in a run that has taken so long; undefined for other keys. */
export function positionByKey(key: string, position: Position, lengthMs: number): Position | undefined {
  const here = position === "now" ? lengthMs : position;
  const step = Math.max(1, lengthMs / 100);
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: step,
    ArrowUp: step,
    ArrowLeft: -step,
    ArrowDown: -step,
    PageUp: step * 10,
    PageDown: -step * 10,
    Home: -Infinity,
    End: Infinity,
  };
  const by = moves[key];
  return by === undefined ? undefined : positionAt(here + by, lengthMs);
}

/** Return the position of a time; the end is now. */
export function positionAt(ms: number, lengthMs: number): Position {
  return ms >= lengthMs ? "now" : Math.max(0, Math.round(ms));
}
