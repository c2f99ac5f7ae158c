/** Scales of charts: where a value stands, and which round values mark an axis. */

/** Return the least round number that is not below any value: 1, 2, 2.5 or 5 times a power of ten. */
export function niceMost(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= most * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Return where buckets of equal width begin, and how wide their bars are. */
export function bandsOf(
  count: number,
  width: number,
  gap: number,
): { readonly step: number; readonly bar: number } {
  const step = count > 0 ? width / count : width;
  return { step, bar: Math.max(1, step - (step > gap * 2 ? gap : step > 3 ? 1 : 0)) };
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
    const isAlone = !isDrawing && (values[index + 1] ?? null) === null;
    path += `${isDrawing ? "L" : "M"}${round(x(index))} ${round(y(value))}`;
    // A point with no neighbour would be a line of no length, which nobody sees.
    if (isAlone) path += `h0.01`;
    isDrawing = true;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
