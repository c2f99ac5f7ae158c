/** From time to places on the axis and back; idle gaps may be drawn shorter than they were. */

import type { Span } from "./span";
import { NONE, at, type SpanTree, type TimeWindow } from "./span-tree";

/** A gap is worth a word if it is so long, in itself and of the whole. */
const LEAST_GAP_MS = 1_000;
const LEAST_GAP_SHARE = 0.05;
/** Compressing is offered where so much of a run is gaps. */
const OFFER_SHARE = 0.3;
/** How wide a compressed gap is, of the busy time that stays. */
const GAP_WIDTH_SHARE = 0.03;

export interface TimeScale {
  /** Return the place of a time as a share of the width; outside of the window it is below 0 or above 1. */
  readonly place: (ms: number) => number;
  readonly time: (share: number) => number;
  readonly from: number;
  readonly to: number;
}

/** Events that are there to hold others: that one of them goes on does not say that anything is done. */
const HOLDERS = new Set(["agent_call", "step", "node_execution", "handoff"]);

/** Return the stretches in which nothing was done, if they are long enough to be worth a word. */
export function idleGapsOf(tree: SpanTree, whole: TimeWindow, now: number): TimeWindow[] {
  const least = Math.max(LEAST_GAP_MS, (whole.to - whole.from) * LEAST_GAP_SHARE);
  const gaps: TimeWindow[] = [];
  let busyUntil = whole.from;
  // Spans stand by their start, so one pass is enough.
  for (const [index, span] of tree.spans.entries()) {
    if (at(tree.firstChild, index) !== NONE && HOLDERS.has(span.type)) continue;
    if (span.start - busyUntil >= least) gaps.push({ from: busyUntil, to: span.start });
    busyUntil = Math.max(busyUntil, endOf(span, now));
  }
  if (whole.to - busyUntil >= least) gaps.push({ from: busyUntil, to: whole.to });
  return gaps;
}

/** Return how much of a run is idle, if that is so much that compressing it helps. */
export function offerOf(
  gaps: readonly TimeWindow[],
  whole: TimeWindow,
): { readonly ms: number; readonly share: number } | null {
  const ms = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const share = whole.to > whole.from ? ms / (whole.to - whole.from) : 0;
  return share >= OFFER_SHARE ? { ms, share } : null;
}

/** Return the scale of a window in which these gaps are drawn short. */
export function scaleOf(window: TimeWindow, gaps: readonly TimeWindow[] = []): TimeScale {
  const inside = gaps
    .map((gap) => ({ from: Math.max(gap.from, window.from), to: Math.min(gap.to, window.to) }))
    .filter((gap) => gap.to > gap.from);
  const length = Math.max(window.to - window.from, 0.001);
  const idle = inside.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const busy = length - idle;
  const gapWidth = Math.max(busy * GAP_WIDTH_SHARE, length * 1e-6);
  // Knots: a time, and how much is drawn until it.
  const times = [window.from];
  const drawn = [0];
  for (const gap of inside) {
    drawn.push((drawn.at(-1) as number) + gap.from - (times.at(-1) as number));
    times.push(gap.from);
    drawn.push((drawn.at(-1) as number) + Math.min(gapWidth, gap.to - gap.from));
    times.push(gap.to);
  }
  drawn.push((drawn.at(-1) as number) + (window.from + length - (times.at(-1) as number)));
  times.push(window.from + length);
  const whole = drawn.at(-1) as number;
  if (inside.length === 0) {
    return {
      place: (ms) => (ms - window.from) / length,
      time: (share) => window.from + share * length,
      ...window,
    };
  }
  return {
    place: (ms) => between(times, drawn, ms) / whole,
    time: (share) => between(drawn, times, share * whole),
    ...window,
  };
}

/** Return the times that mark an axis: round ones, about as many as are wanted. */
export function ticksOf(scale: TimeScale, zero: number, count: number): number[] {
  const step = niceStep((scale.to - scale.from) / Math.max(1, count));
  const ticks: number[] = [];
  const begin = Math.ceil((scale.from - zero) / step - 1e-9);
  for (let number = begin; number * step + zero <= scale.to + step * 1e-9; number++) {
    ticks.push(number * step + zero);
    if (ticks.length > 1_000) break;
  }
  return ticks;
}

/** Return the ticks of a scale with gaps: those of its busy stretches, none nearer to another than `least` of the width. */
export function spacedTicks(scale: TimeScale, zero: number, count: number): number[] {
  const found: number[] = [];
  const least = 0.6 / Math.max(1, count);
  let shares = Infinity;
  const even = ticksOf(scale, zero, count);
  for (let index = 1; index < even.length; index++) {
    shares = Math.min(shares, scale.place(even[index] as number) - scale.place(even[index - 1] as number));
  }
  if (shares >= least) return even;
  // Where gaps are short, equal steps of the width are taken instead.
  for (let number = 0; number <= count; number++) found.push(scale.time(number / count));
  return found;
}

/** Return a window moved and scaled about a time that stays where it is, within the whole. */
export function zoomed(window: TimeWindow, factor: number, about: number, whole: TimeWindow): TimeWindow {
  const length = Math.min(whole.to - whole.from, Math.max(0.01, (window.to - window.from) * factor));
  const share = (about - window.from) / (window.to - window.from);
  return within({ from: about - share * length, to: about + (1 - share) * length }, whole);
}

/** Return a window of the same length that lies within the whole. */
export function within(window: TimeWindow, whole: TimeWindow): TimeWindow {
  const length = Math.min(window.to - window.from, whole.to - whole.from);
  const from = Math.min(Math.max(window.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

function niceStep(least: number): number {
  const SECOND = 1_000;
  const MINUTE = 60 * SECOND;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const round = [1, 2, 5, 10, 15, 30].flatMap((each) => [each * SECOND, each * MINUTE]);
  const long = [...round, ...[1, 2, 3, 6, 12].map((each) => each * HOUR), DAY, 2 * DAY, 7 * DAY, 30 * DAY];
  if (least > SECOND)
    return long.toSorted((one, other) => one - other).find((step) => step >= least) ?? 365 * DAY;
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-6)));
  return [1, 2, 5, 10].map((each) => each * power).find((step) => step >= least * (1 - 1e-9)) ?? least;
}

/** Return the value between knots; before the first and after the last it goes on straight. */
function between(keys: readonly number[], values: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((keys[middle] as number) <= key) low = middle;
    else high = middle - 1;
  }
  const [key0, key1] = [keys[low] as number, keys[low + 1] as number];
  const [value0, value1] = [values[low] as number, values[low + 1] as number];
  if (key1 === key0) return value0;
  const isOutside = key < key0 || key > key1;
  // A first or last stretch of no length says nothing about what lies beyond it.
  const slope = (value1 - value0) / (key1 - key0);
  return value0 + (key - key0) * (isOutside && slope === 0 ? 1 : slope);
}

function endOf(span: Span, now: number): number {
  return span.end ?? Math.max(now, span.start);
}
