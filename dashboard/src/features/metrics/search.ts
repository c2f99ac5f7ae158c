import { PART_SORTS, type PartKind, type PartSort, type Period, type TimelineQuery } from "@/api/metrics";
import { formatBucket, formatDay } from "@/lib/format";
import { PERIODS } from "@/lib/period";
import { given, readNumber, readText, readWord, type RawSearch } from "@/lib/search-params";

export const USUAL_DAYS = 30;
const PART_KINDS = ["agents", "models", "tools"] as const satisfies readonly PartKind[];
const DAY_MS = 86_400_000;

/** What the figures are of, as the address says it. A free range counts more than a number of days. */
export interface MetricsSearch {
  readonly days?: number;
  readonly since?: string;
  readonly until?: string;
  readonly agent?: string;
  readonly model?: string;
  readonly tool?: string;
  readonly by?: PartKind;
  readonly sort?: PartSort;
}

export function readMetricsSearch(search: RawSearch): MetricsSearch {
  const days = readNumber(search, "days");
  const [since, until] = [readTime(search, "since"), readTime(search, "until")];
  const isRange = since !== undefined && until !== undefined && Date.parse(since) < Date.parse(until);
  return given({
    days: isRange ? undefined : PERIODS.find((period) => period === days),
    since: isRange ? since : undefined,
    until: isRange ? until : undefined,
    agent: readText(search, "agent"),
    model: readText(search, "model"),
    tool: readText(search, "tool"),
    by: readWord(search, "by", PART_KINDS),
    sort: readWord(search, "sort", PART_SORTS),
  });
}

function readTime(search: RawSearch, name: string): string | undefined {
  const text = readText(search, name);
  return text !== undefined && Number.isFinite(Date.parse(text)) ? text : undefined;
}

export function periodOf({ days = USUAL_DAYS, since, until }: MetricsSearch): Period {
  return since !== undefined && until !== undefined ? { since, until } : { days };
}

/** Hours where days would be too few to see anything, weeks where they would be too many. */
export function bucketOf(period: Period): TimelineQuery["bucket"] {
  const { days, since, until } = period;
  const n_days = days ?? (Date.parse(until ?? "") - Date.parse(since ?? "")) / DAY_MS;
  return n_days <= 3 ? "hour" : n_days > 200 ? "week" : "day";
}

/** "30 days", "3 Nov 2026", "3 Nov – 8 Nov 2026", with hours where the range does not lie on days. */
export function namePeriod({ days, since, until }: Period): string {
  if (since === undefined || until === undefined) return `${days ?? USUAL_DAYS} days`;
  const areDays = [since, until].every((each) => !formatBucket(each).includes(":"));
  if (!areDays) return `${formatBucket(since)} – ${formatBucket(until)}`;
  const last = new Date(Date.parse(until) - 1).toISOString();
  const [from, to] = [formatDay(since), formatDay(last)];
  return from === to ? to : `${formatBucket(since)} – ${to}`;
}

/** The first moment of a day of the reader's zone ("2026-11-03"), or of a day after it. */
export function dayStart(day: string, later = 0): string | undefined {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return undefined;
  return new Date(year, month - 1, date + later).toISOString();
}

/** The day of the reader's zone that a moment is in, as a field for dates has it. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
}
