/** A run as a small picture: which kind of event goes on at which place of the width, in which stretch of the rows. */

import { eventKind, HUES, type Hue } from "@/lib/vocabulary";
import { at, type SpanTree } from "./span-tree";
import type { TimeScale } from "./time-scale";

export interface OverviewCells {
  readonly columns: number;
  readonly lines: number;
  /** By line and column: 0 where nothing goes on, else one more than the place of the hue in `HUES`. */
  readonly hues: Uint8Array;
  /** By column: how many events failed that began there. */
  readonly errors: Uint32Array;
}

/** Return the picture. Each event has its cells, so its cost is that of the events and not of the pixels. */
export function overviewCells(
  tree: SpanTree,
  scale: TimeScale,
  columns: number,
  mostLines: number,
  now: number,
): OverviewCells {
  const count = tree.order.length;
  const lines = Math.max(1, Math.min(mostLines, count));
  const hues = new Uint8Array(lines * columns);
  const errors = new Uint32Array(columns);
  const hueOf = new Map<string, number>();
  for (let place = 0; place < count; place++) {
    const span = tree.spans[at(tree.order, place)];
    if (span === undefined) continue;
    let hue = hueOf.get(span.type);
    if (hue === undefined) {
      hue = HUES.indexOf(eventKind(span.type).hue) + 1;
      hueOf.set(span.type, hue);
    }
    const from = columnOf(scale.place(span.start), columns);
    const to = columnOf(scale.place(span.end ?? Math.max(now, span.start)), columns);
    const begin = Math.floor((place * lines) / count) * columns;
    // A stretch that is drawn already is not drawn again: a long one would cost its width for each event in it.
    if (at(hues, begin + from) !== hue || at(hues, begin + to) !== hue || to - from < 2) {
      hues.fill(hue, begin + from, begin + to + 1);
    }
    if (span.status === "failed") errors[from] = at(errors, from) + 1;
  }
  return { columns, lines, hues, errors };
}

/** Call for each run of cells of one hue. */
export function forEachStretch(
  cells: OverviewCells,
  draw: (hue: Hue, line: number, from: number, to: number) => void,
): void {
  const { columns, lines, hues } = cells;
  for (let line = 0; line < lines; line++) {
    let from = 0;
    while (from < columns) {
      const hue = at(hues, line * columns + from);
      let to = from + 1;
      while (to < columns && at(hues, line * columns + to) === hue) to += 1;
      if (hue > 0) draw(HUES[hue - 1] as Hue, line, from, to);
      from = to;
    }
  }
}

function columnOf(share: number, columns: number): number {
  return Math.max(0, Math.min(columns - 1, Math.floor(share * columns)));
}
