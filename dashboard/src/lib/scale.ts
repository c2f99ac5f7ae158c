/** Scales of charts: where a value stands, and which round values mark an axis. */

/** Return the least round number that is not below any value: 1, 2, 2.5 or 5 times a power of ten. */
export function niceMost(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= most * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Bars of few buckets would be walls. */
const WIDEST_BAR = 40;

/** Return where buckets of equal width begin, and how wide their bars are. */
export function bandsOf(
  count: number,
  width: number,
  gap: number,
): { readonly step: number; readonly bar: number } {
  const step = count > 0 ? width / count : width;
  const between = step > gap * 2 ? gap : step > 3 ? 1 : 0;
  return { step, bar: Math.min(WIDEST_BAR, Math.max(1, step - between)) };
}

/** Return the path of a line through values; it is broken where there is none. */
export function linePath(
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
) {
  let path = "";
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? "L" : "M"}${round(x(index))} ${round(y(value))}`;
    isDrawing = true;
  }
  return path;
}

/** Return the places of values without neighbours: they would be lines of no length, which nobody sees. */
export function lonePlaces(values: readonly (number | null)[]): number[] {
  const isThere = (index: number) => (values[index] ?? null) !== null;
  return [...values.keys()].filter((index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
