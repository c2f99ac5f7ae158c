import { describe, expect, it } from "vitest";
import { bucketOf, dayOf, dayStart, namePeriod, periodOf, readMetricsSearch } from "./search";

describe("what the address says", () => {
  it("is a number of days that is offered, or the usual one", () => {
    expect(periodOf(readMetricsSearch({ days: "7" }))).toEqual({ days: 7 });
    expect(periodOf(readMetricsSearch({ days: "8" }))).toEqual({ days: 30 });
  });

  it("is a range where both ends can be read and are in order", () => {
    const [since, until] = ["2026-11-03T00:00:00Z", "2026-11-05T00:00:00Z"];
    expect(periodOf(readMetricsSearch({ days: "7", since, until }))).toEqual({ since, until });
    expect(periodOf(readMetricsSearch({ since: until, until: since }))).toEqual({ days: 30 });
    expect(periodOf(readMetricsSearch({ since: "soon", until }))).toEqual({ days: 30 });
  });

  it("knows no sort and no division that is not there", () => {
    expect(readMetricsSearch({ by: "colours", sort: "beauty" })).toEqual({});
    expect(readMetricsSearch({ by: "tools", sort: "p95" })).toEqual({ by: "tools", sort: "p95" });
  });
});

describe("a period", () => {
  const period = (first: string, last: string) => ({
    since: dayStart(first) ?? "",
    until: dayStart(last, 1) ?? "",
  });

  it("is called by its days", () => {
    expect(namePeriod({ days: 14 })).toBe("14 days");
    expect(namePeriod(period("2026-11-03", "2026-11-03"))).toBe("3 Nov 2026");
    expect(namePeriod(period("2026-11-03", "2026-11-08"))).toBe("3 Nov – 8 Nov 2026");
  });

  it("has buckets that can be told apart", () => {
    expect(bucketOf(period("2026-11-03", "2026-11-04"))).toBe("hour");
    expect(bucketOf({ days: 90 })).toBe("day");
    expect(bucketOf(period("2026-01-01", "2026-12-31"))).toBe("week");
  });
});

it("turns days of the reader's zone into moments and back", () => {
  const start = dayStart("2026-03-01");
  expect(start && dayOf(Date.parse(start))).toBe("2026-03-01");
  expect(dayStart("")).toBeUndefined();
});
