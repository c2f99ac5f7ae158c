/** Where the bar of an event stands, and its label: pure, so that it can be tested. */

import type { Span } from "./span";
import type { TimeScale } from "./time-scale";

export interface BarPlace {
  /** Shares of the width, within it. */
  readonly left: number;
  readonly width: number;
  /** How much of the bar is the wait for the first token. */
  readonly wait: number;
  readonly label: "after" | "before" | "inside" | "none";
  readonly isCutLeft: boolean;
  readonly isCutRight: boolean;
}

/** Return the place of a bar, or null where nothing of it is seen. `labelShare` is the width of its label. */
export function placeBar(span: Span, scale: TimeScale, now: number, labelShare: number): BarPlace | null {
  const end = span.end ?? Math.max(now, span.start);
  const begin = scale.place(span.start);
  const finish = scale.place(end);
  if (finish < 0 || begin > 1) return null;
  const left = Math.max(0, begin);
  const right = Math.min(1, finish);
  const width = Math.max(0, right - left);
  return {
    left,
    width,
    wait: waitOf(span, scale, left, right),
    label:
      right + labelShare <= 1
        ? "after"
        : left >= labelShare
          ? "before"
          : width >= labelShare
            ? "inside"
            : "none",
    isCutLeft: begin < 0,
    isCutRight: finish > 1,
  };
}

function waitOf(span: Span, scale: TimeScale, left: number, right: number): number {
  if (span.firstToken === null || right <= left || span.firstToken <= span.start) return 0;
  return Math.min(1, Math.max(0, (scale.place(span.firstToken) - left) / (right - left)));
}
