/**
 * The tree of events, and which of its rows are shown.
 *
 * Everything is kept by index into the spans, in arrays of numbers: a hundred thousand events are laid out anew within
 * a few dozen milliseconds whenever something changes.
 */

import type { Span } from "./span";

export const NONE = -1;

/** A stretch of time, in milliseconds since the zero of the run. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export interface SpanTree {
  /** By start; of those that began together the longer first, so that parents stand before their children. */
  readonly spans: readonly Span[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly parent: Int32Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly depth: Uint16Array;
  /** The rows with nothing collapsed: each span, followed by all below it. */
  readonly order: Int32Array;
  /** How many rows a span has with all below it. */
  readonly size: Int32Array;
  /** How many failed, in the span and below it. */
  readonly errors: Int32Array;
  /** When the first of the span and of all below it begins, and the last ends; of what goes on, what is known. */
  readonly firstStart: Float64Array;
  readonly lastEnd: Float64Array;
  /** Whether the span or something below it goes on. */
  readonly isOpen: Uint8Array;
  readonly roots: readonly number[];
}

/** Spans as they come, kept in order, so that a tree with a few more of them costs little. */
export class SpanTable {
  #spans: Span[] = [];
  #indexOf = new Map<string, number>();
  #isSorted = true;

  get size(): number {
    return this.#spans.length;
  }

  /** Put a span in the place of the one with its id, or beside all others. */
  put(span: Span): void {
    const index = this.#indexOf.get(span.id);
    if (index === undefined) {
      this.#indexOf.set(span.id, this.#spans.length);
      this.#spans.push(span);
      this.#isSorted &&= this.#isInOrder(this.#spans.length - 1);
    } else {
      this.#spans[index] = span;
      this.#isSorted &&= this.#isInOrder(index) && this.#isInOrder(index + 1);
    }
  }

  build(): SpanTree {
    if (!this.#isSorted) {
      // Of its own: a tree that was built before stays as it is.
      this.#spans = this.#spans.toSorted(compare);
      this.#indexOf = new Map(this.#spans.map((span, index) => [span.id, index]));
      this.#isSorted = true;
    }
    return treeOf(this.#spans, this.#indexOf);
  }

  #isInOrder(index: number): boolean {
    const [before, span] = [this.#spans[index - 1], this.#spans[index]];
    return before === undefined || span === undefined || compare(before, span) <= 0;
  }
}

/** Build the tree of spans. */
export function buildTree(spans: readonly Span[]): SpanTree {
  const table = new SpanTable();
  for (const span of spans) table.put(span);
  return table.build();
}

/** A parent that has not come leaves its children at the top; a circle of parents is cut. */
function treeOf(spans: readonly Span[], indexOf: ReadonlyMap<string, number>): SpanTree {
  const count = spans.length;
  const parent = new Int32Array(count).fill(NONE);
  const firstChild = new Int32Array(count).fill(NONE);
  const nextSibling = new Int32Array(count).fill(NONE);
  for (let index = 0; index < count; index++) {
    const { parentId } = spans[index] as Span;
    if (parentId !== null) parent[index] = indexOf.get(parentId) ?? NONE;
  }
  cutCircles(parent);
  const roots: number[] = [];
  const lastChild = new Int32Array(count).fill(NONE);
  for (let index = 0; index < count; index++) {
    const above = at(parent, index);
    if (above === NONE) {
      roots.push(index);
      continue;
    }
    const before = at(lastChild, above);
    if (before === NONE) firstChild[above] = index;
    else nextSibling[before] = index;
    lastChild[above] = index;
  }
  const { order, depth } = walk(count, roots, firstChild, nextSibling);
  const size = new Int32Array(count).fill(1);
  const errors = new Int32Array(count);
  const firstStart = new Float64Array(count).fill(Infinity);
  const lastEnd = new Float64Array(count).fill(-Infinity);
  const isOpen = new Uint8Array(count);
  for (let place = count - 1; place >= 0; place--) {
    const index = at(order, place);
    const span = spans[index] as Span;
    errors[index] = at(errors, index) + (span.status === "failed" ? 1 : 0);
    firstStart[index] = Math.min(at(firstStart, index), span.start);
    lastEnd[index] = Math.max(at(lastEnd, index), span.end ?? span.start);
    if (span.end === null) isOpen[index] = 1;
    const above = at(parent, index);
    if (above === NONE) continue;
    size[above] = at(size, above) + at(size, index);
    errors[above] = at(errors, above) + at(errors, index);
    firstStart[above] = Math.min(at(firstStart, above), at(firstStart, index));
    lastEnd[above] = Math.max(at(lastEnd, above), at(lastEnd, index));
    if (at(isOpen, index) === 1) isOpen[above] = 1;
  }
  return {
    spans,
    indexOf,
    parent,
    firstChild,
    nextSibling,
    depth,
    order,
    size,
    errors,
    firstStart,
    lastEnd,
    isOpen,
    roots,
  };
}

/** Return the spans that have a row: none below a collapsed one, and only what a window of time has anything of. */
export function rowsOf(tree: SpanTree, collapsed: ReadonlySet<string>, window?: TimeWindow): Int32Array {
  const { spans, order, size } = tree;
  const rows = new Int32Array(order.length);
  let count = 0;
  for (let place = 0; place < order.length; place++) {
    const index = at(order, place);
    const isOutside = window !== undefined && !touches(tree, index, window);
    if (!isOutside) rows[count++] = index;
    if (isOutside || (at(size, index) > 1 && collapsed.has((spans[index] as Span).id))) {
      place += at(size, index) - 1;
    }
  }
  return rows.subarray(0, count);
}

/** Return a span and all above it, from the top. */
export function pathTo(tree: SpanTree, index: number): number[] {
  const path: number[] = [];
  for (let each = index; each !== NONE; each = at(tree.parent, each)) path.push(each);
  return path.toReversed();
}

/** Return the indexes of failed spans of which nothing below failed: where errors come from, in the order of rows. */
export function sourcesOfErrors(tree: SpanTree): number[] {
  const found: number[] = [];
  for (const index of tree.order) {
    if ((tree.spans[index] as Span).status === "failed" && at(tree.errors, index) === 1) found.push(index);
  }
  return found;
}

/** Return the ids of all spans of a depth that have something below them. */
export function parentsAtDepth(tree: SpanTree, depth: number): string[] {
  const found: string[] = [];
  for (const index of tree.order) {
    if (tree.depth[index] === depth && at(tree.size, index) > 1) found.push((tree.spans[index] as Span).id);
  }
  return found;
}

export function at(numbers: { readonly [index: number]: number | undefined }, index: number): number {
  return numbers[index] as number;
}

function compare(one: Span, other: Span): number {
  return (
    one.start - other.start ||
    (other.end ?? Infinity) - (one.end ?? Infinity) ||
    (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
  );
}

/** Whether a span or something below it goes on within a window. */
function touches(tree: SpanTree, index: number, window: TimeWindow): boolean {
  const isBefore = at(tree.lastEnd, index) < window.from && at(tree.isOpen, index) === 0;
  return !isBefore && at(tree.firstStart, index) <= window.to;
}

function cutCircles(parent: Int32Array): void {
  const seenIn = new Int32Array(parent.length);
  for (let start = 0; start < parent.length; start++) {
    let index = start;
    while (index !== NONE && at(seenIn, index) === 0) {
      seenIn[index] = start + 1;
      const above = at(parent, index);
      if (above !== NONE && at(seenIn, above) === start + 1) {
        parent[index] = NONE;
        break;
      }
      index = above;
    }
  }
}

function walk(
  count: number,
  roots: readonly number[],
  firstChild: Int32Array,
  nextSibling: Int32Array,
): { order: Int32Array; depth: Uint16Array } {
  const order = new Int32Array(count);
  const depth = new Uint16Array(count);
  const waiting: number[] = [];
  let place = 0;
  for (const root of roots) {
    let index = root;
    let level = 0;
    for (;;) {
      order[place++] = index;
      depth[index] = level;
      const child = at(firstChild, index);
      if (child !== NONE) {
        waiting.push(index);
        index = child;
        level += 1;
        continue;
      }
      let next = index === root ? NONE : at(nextSibling, index);
      while (next === NONE && waiting.length > 0) {
        const above = waiting.pop() as number;
        level -= 1;
        next = above === root ? NONE : at(nextSibling, above);
      }
      if (next === NONE) break;
      index = next;
    }
  }
  return { order, depth };
}
