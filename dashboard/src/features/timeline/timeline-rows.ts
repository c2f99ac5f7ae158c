/** The rows of the timeline, whether all of the run is there or only a part. */

import type { Span } from "./span";
import type { SpanSnapshot } from "./span-store";
import { at, rowsOf, type SpanTree, type TimeWindow } from "./span-tree";

export interface TimelineRow {
  readonly span: Span;
  readonly depth: number;
  /** Its place in the tree; undefined as long as there is none. */
  readonly index: number | undefined;
  readonly below: number | undefined;
  readonly errorsBelow: number;
}

export interface TimelineRows {
  readonly count: number;
  readonly tree: SpanTree | null;
  readonly rowAt: (place: number) => TimelineRow | undefined;
  /** Return the place of an event's row, or -1. */
  readonly placeOf: (eventId: string) => number;
}

export function timelineRows(
  snapshot: SpanSnapshot,
  collapsed: ReadonlySet<string>,
  window: TimeWindow | undefined,
): TimelineRows {
  const { tree } = snapshot;
  if (tree === null) {
    return {
      count: snapshot.count,
      tree,
      rowAt: (place) => partOf(snapshot, place),
      placeOf: (id) => snapshot.orderOf(id) ?? -1,
    };
  }
  const rows = rowsOf(tree, collapsed, window);
  return {
    count: rows.length,
    tree,
    rowAt: (place) => {
      const index = rows[place];
      return index === undefined ? undefined : rowOf(tree, index);
    },
    placeOf: (eventId) => {
      const index = tree.indexOf.get(eventId);
      return index === undefined ? -1 : rows.indexOf(index);
    },
  };
}

export function rowOf(tree: SpanTree, index: number): TimelineRow {
  const span = tree.spans[index] as Span;
  const hasFailed = span.status === "failed";
  return {
    span,
    depth: at(tree.depth, index),
    index,
    below: at(tree.size, index) - 1,
    errorsBelow: at(tree.errors, index) - (hasFailed ? 1 : 0),
  };
}

function partOf(snapshot: SpanSnapshot, place: number): TimelineRow | undefined {
  const row = snapshot.rowAt(place);
  return row && { ...row, index: undefined, below: undefined, errorsBelow: 0 };
}
