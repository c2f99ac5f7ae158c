/**
 * The events of one run, read in parts and then kept up to date.
 *
 * What is looked at is read first, so the first rows are there at once however long the run is. The rest follows, and
 * when all of it is there the rows become a tree: to collapse, to zoom, to find the critical path. Of runs beyond
 * `MOST` events only what is looked at is read, and its rows stay in execution order.
 */

import { SpanReader, type Span, type SpanSource } from "./span";
import { buildTree, type SpanTree } from "./span-tree";

export const FIRST_PART = 400;
export const PART = 5_000;
export const MOST = 200_000;
const AT_ONCE = 2;
/** Changes are shown at most so often, and no more often than a quarter of the time allows. */
const LEAST_PAUSE_MS = 100;
const PATIENCE = 4;

export interface SpanPart {
  readonly event_count: number;
  readonly from_order: number | null;
  readonly rows: readonly ({ readonly kind: "event"; readonly depth: number | null } & SpanSource)[];
}

export interface OrderedRow {
  readonly span: Span;
  readonly depth: number;
}

export interface SpanSnapshot {
  /** How many events the run has. */
  readonly count: number;
  /** How many of them are here. */
  readonly loaded: number;
  /** All of the run; null as long as a part is missing. */
  readonly tree: SpanTree | null;
  /** The row at a place of the execution order, as far as it is here. */
  readonly rowAt: (order: number) => OrderedRow | undefined;
  readonly error: unknown;
}

export type ReadPart = (fromOrder: number, limit: number, signal: AbortSignal) => Promise<SpanPart>;

export class SpanStore {
  readonly #read: ReadPart;
  readonly #now: () => number;
  readonly #reader: SpanReader;
  readonly #listeners = new Set<() => void>();
  readonly #spans = new Map<string, Span>();
  readonly #ordered = new Map<number, { readonly id: string; readonly depth: number }>();
  readonly #isRead = new Set<number>();
  readonly #reading = new Set<number>();
  #abort = new AbortController();
  #wanted = 0;
  #count: number;
  #isWhole = false;
  #error: unknown = null;
  #snapshot: SpanSnapshot;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = LEAST_PAUSE_MS;

  constructor(read: ReadPart, zero: string, count: number, now: () => number = () => performance.now()) {
    this.#read = read;
    this.#now = now;
    this.#reader = new SpanReader(zero);
    this.#count = count;
    this.#snapshot = this.#look();
  }

  readonly get = (): SpanSnapshot => this.#snapshot;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begin to read; `close` ends it, and it may be opened again. */
  open(): void {
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    if (this.#isWhole || this.#spans.size > 0) this.#readOn();
    else void this.#begin();
  }

  close(): void {
    this.#abort.abort();
    this.#reading.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  retry(): void {
    this.#error = null;
    this.open();
    this.#show();
  }

  /** Say which row is looked at, so that it is read next. */
  want(order: number): void {
    const part = Math.floor(order / PART);
    if (part === this.#wanted) return;
    this.#wanted = part;
    if (!this.#isWhole) this.#readOn();
  }

  /** Say how many events the run has, as far as is known elsewhere. */
  noteCount(count: number): void {
    if (count <= this.#count || this.#isWhole) return;
    this.#count = count;
    if (this.#spans.size > 0) this.#readOn();
    this.#showSoon();
  }

  /** Put events in the places of those with their ids, or beside them. */
  take(events: readonly SpanSource[]): void {
    if (events.length === 0) return;
    for (const event of events) this.#spans.set(event.event_id, this.#reader.read(event));
    this.#count = Math.max(this.#count, this.#isWhole ? this.#spans.size : 0);
    this.#showSoon();
  }

  /** Forget all, and read it again. */
  reset(): void {
    this.close();
    this.#spans.clear();
    this.#ordered.clear();
    this.#isRead.clear();
    this.#isWhole = false;
    this.open();
  }

  async #begin(): Promise<void> {
    // A few rows are there sooner than many.
    if (this.#count > FIRST_PART * PATIENCE) await this.#readPart(0, FIRST_PART, false);
    if (!this.#abort.signal.aborted) this.#readOn();
  }

  #readOn(): void {
    while (this.#reading.size < AT_ONCE && this.#error === null) {
      const part = this.#nextPart();
      if (part === undefined) return;
      void this.#readPart(part, PART, true);
    }
  }

  #nextPart(): number | undefined {
    const last = Math.max(0, Math.ceil(this.#count / PART) - 1);
    const isOpen = (part: number) =>
      part >= 0 && part <= last && !this.#isRead.has(part) && !this.#reading.has(part);
    const near = [this.#wanted, this.#wanted + 1, this.#wanted - 1].find(isOpen);
    if (near !== undefined || this.#count > MOST) return near;
    for (let part = 0; part <= last; part++) if (isOpen(part)) return part;
    return undefined;
  }

  async #readPart(part: number, limit: number, isWholePart: boolean): Promise<void> {
    const { signal } = this.#abort;
    this.#reading.add(part);
    try {
      const page = await this.#read(part * PART, limit, signal);
      if (signal.aborted) return;
      this.#takePart(page, part * PART);
      if (isWholePart) this.#isRead.add(part);
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
    } finally {
      if (!signal.aborted) this.#reading.delete(part);
    }
    if (isWholePart) this.#readOn();
    if (this.#reading.size === 0 && this.#error === null && isWholePart) this.#settle();
    this.#show();
  }

  #takePart(page: SpanPart, from: number): void {
    this.#count = Math.max(this.#count, page.event_count);
    for (const [index, row] of page.rows.entries()) {
      const span = this.#reader.read(row);
      // What the live feed brought may be newer than this answer.
      if (!this.#spans.has(span.id)) this.#spans.set(span.id, span);
      this.#ordered.set(from + index, { id: span.id, depth: row.depth ?? 0 });
    }
  }

  #settle(): void {
    const parts = Math.max(1, Math.ceil(this.#count / PART));
    if (this.#isRead.size < parts) return;
    this.#isWhole = true;
    this.#ordered.clear();
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
    return {
      count: this.#isWhole ? this.#spans.size : this.#count,
      loaded: this.#spans.size,
      tree: this.#isWhole ? buildTree([...this.#spans.values()]) : null,
      rowAt: (order) => this.#rowAt(order),
      error: this.#error,
    };
  }

  #rowAt(order: number): OrderedRow | undefined {
    const row = this.#ordered.get(order);
    const span = row && this.#spans.get(row.id);
    return span && { span, depth: row.depth };
  }
}
