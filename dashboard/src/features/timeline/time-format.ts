/** Times of the axis: as exact as its steps need, all in one unit. */

const UNITS = [
  { name: "µs", ms: 0.001 },
  { name: "ms", ms: 1 },
  { name: "s", ms: 1_000 },
] as const;

/** Return the words of all ticks of an axis. */
export function formatTicks(ticks: readonly number[]): string[] {
  const steps = ticks.slice(1).map((tick, index) => tick - (ticks[index] as number));
  const step = Math.min(...steps, Math.max(1, ...ticks.map(Math.abs)));
  const most = Math.max(0, ...ticks.map(Math.abs));
  if (most >= 60_000) return ticks.map((tick) => formatLong(tick, step));
  const unit = most >= 1_000 ? UNITS[2] : most >= 1 ? UNITS[1] : UNITS[0];
  const digits = digitsOf(
    ticks.map((tick) => tick / unit.ms),
    step / unit.ms,
  );
  return ticks.map((tick) => (tick === 0 ? "0" : `${(tick / unit.ms).toFixed(digits)} ${unit.name}`));
}

/** Return how many digits tell the values apart, and tell them right as far as that takes one more at most. */
function digitsOf(values: readonly number[], step: number): number {
  const least = Math.max(0, Math.min(5, Math.ceil(-Math.log10(step) - 1e-9)));
  const isRight = values.every((value) => Math.abs(value - Number(value.toFixed(least))) < step * 0.02);
  return isRight ? least : least + 1;
}

/** 0, 1:30, 12:05.5, 1:02:00 */
function formatLong(ms: number, step: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "-" : "";
  const digits = step < 1_000 ? Math.min(3, Math.ceil(-Math.log10(step / 1_000) - 1e-9)) : 0;
  const total = Math.abs(ms) / 1_000;
  const rounded = Number(total.toFixed(digits));
  const seconds = rounded % 60;
  const minutes = Math.floor(rounded / 60) % 60;
  const hours = Math.floor(rounded / 3_600);
  const text = seconds.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours > 0
    ? `${sign}${hours}:${String(minutes).padStart(2, "0")}:${text}`
    : `${sign}${minutes}:${text}`;
}
