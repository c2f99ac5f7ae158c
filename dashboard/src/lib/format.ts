/** Figures as people read them: short, aligned, and never more exact than what is known. */

export const UNKNOWN = "–";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** 12,345 */
export function formatCount(count: number): string {
  // Not by `Intl`: to make its first format takes longer than to draw a page.
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** 999, 1.2k, 34.5k, 345k, 1.2M: at most four characters and a letter. */
export function formatShort(count: number): string {
  const size = Math.abs(count);
  if (size < 1_000) return String(Math.round(count * 10) / 10);
  const units = ["", "k", "M", "B", "T"];
  let power = Math.min(4, Math.floor(Math.log10(size) / 3));
  // 999,950 would round to 1000k.
  if (power < 4 && Number(threeDigits(size / 1_000 ** power)) >= 1_000) power += 1;
  return `${threeDigits(count / 1_000 ** power)}${units[power] ?? ""}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 99.95 ? 1 : 0).replace(/\.0$/, "");
}

/** 0.4 ms, 850 ms, 1.24 s, 12.4 s, 3 min 05 s, 2 h 04 min, 3 d 4 h */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 1) return ms < 0.01 ? "< 0.01 ms" : `${Number(ms.toPrecision(2))} ms`;
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 9_995) return `${(ms / SECOND_MS).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(ms / HOUR_MS);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** $0, $0.0012, $0.12, $12.34, $1,234: cents where they mean something, more digits where they don't. */
export function formatCost(dollars: number | null | undefined): string {
  if (dollars === null || dollars === undefined) return UNKNOWN;
  if (dollars < 0) return `-${formatCost(-dollars)}`;
  if (dollars === 0) return "$0";
  if (dollars < 0.000_001) return "< $0.000001";
  if (dollars < 0.01) return `$${Number(dollars.toPrecision(2)).toFixed(6).replace(/0+$/, "")}`;
  if (dollars < 1) return `$${dollars.toFixed(3)}`;
  if (dollars < 1_000) return `$${dollars.toFixed(2)}`;
  return `$${formatCount(dollars)}`;
}

/** 97.4 %, 100 %, < 0.1 % */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined) return UNKNOWN;
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent < 100 && percent > 99.9) return "> 99.9 %";
  return `${Number(percent.toFixed(1))} %`;
}

/** 12 B, 3.4 kB, 5.6 MB */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return UNKNOWN;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? size : threeDigits(size)} ${units[unit] ?? ""}`;
}

/** now, 12 s ago, 3 min ago, 5 h ago, 2 d ago, then the day. */
export function formatAgo(at: string | null | undefined, now: number): string {
  if (!at) return UNKNOWN;
  const ms = now - Date.parse(at);
  if (Number.isNaN(ms)) return at;
  // Clocks of recorders differ a little from that of this machine.
  if (ms < 5 * SECOND_MS && ms > -MINUTE_MS) return "just now";
  if (ms < 0) return formatDay(at);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s ago`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  if (ms < 14 * DAY_MS) return `${Math.floor(ms / DAY_MS)} d ago`;
  return formatDay(at);
}

/** in 12 s, in 3 min, in 5 h, in 2 d; null where it is over. */
export function formatUntil(at: string, now: number): string | null {
  const ms = Date.parse(at) - now;
  if (Number.isNaN(ms)) return at;
  if (ms <= 0) return null;
  if (ms < MINUTE_MS) return `in ${Math.ceil(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `in ${Math.ceil(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `in ${Math.round(ms / HOUR_MS)} h`;
  return `in ${Math.round(ms / DAY_MS)} d`;
}

/** 22 Nov 2026, in the reader's time zone */
export function formatDay(at: string): string {
  const date = new Date(at);
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ""} ${date.getFullYear()}`;
}

/** 22 Nov, or 22 Nov 14:00 where it does not begin a day: what a bucket of a chart is called. */
export function formatBucket(at: string): string {
  const date = new Date(at);
  const day = formatDay(at).replace(/ \d+$/, "");
  return date.getHours() + date.getMinutes() === 0 ? day : `${day} ${formatClock(date).slice(0, 5)}`;
}

/** 22 Nov 14:03:09, in the reader's time zone; the year where it is another one than now. */
export function formatMoment(at: string | null | undefined, now: number): string {
  if (!at) return UNKNOWN;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const year = date.getFullYear() === new Date(now).getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ""}${year} ${formatClock(date)}`;
}

/** 14:03:09.123 with `digits` 3 */
export function formatClock(date: Date, digits: 0 | 3 = 0): string {
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return digits ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** The exact instant with its zone, for titles of relative times. */
export function formatExactly(at: string | null | undefined): string {
  if (!at) return "";
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const zone = `UTC${sign}${Math.floor(Math.abs(offset) / 60)}${offset % 60 ? `:${twoDigits(Math.abs(offset) % 60)}` : ""}`;
  return `${formatDay(at)} ${formatClock(date, 3)} ${offset ? zone : "UTC"}`;
}

/** "1 run", "12 runs" */
export function formatNumberOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
