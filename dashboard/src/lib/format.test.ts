import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCost,
  formatDuration,
  formatExactly,
  formatNumberOf,
  formatShare,
  formatShort,
} from "./format";

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [0.004, "< 0.01 ms"],
    [0.42, "0.42 ms"],
    [7.25, "7.3 ms"],
    [850, "850 ms"],
    [999.7, "1.00 s"],
    [1_240, "1.24 s"],
    [12_400, "12.4 s"],
    [59_960, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [7_440_000, "2 h 04 min"],
    [86_399_999, "1 d 0 h"],
    [3 * 86_400_000 + 4 * 3_600_000, "3 d 4 h"],
    [-1_500, "-1.50 s"],
    [null, "–"],
  ])("%s ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("never goes down as time goes on", () => {
    const unit = /^[\d.]+ (?:ms|s|min|h|d)/;
    for (let ms = 1; ms < 1e9; ms *= 1.07) expect(formatDuration(ms)).toMatch(unit);
  });
});

describe("counts and costs", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1k"],
    [1_234, "1.2k"],
    [99_949, "99.9k"],
    [345_678, "346k"],
    [999_950, "1M"],
    [2_500_000_000, "2.5B"],
  ])("%s is %s", (count, text) => {
    expect(formatShort(count)).toBe(text);
  });

  it.each([
    [0, "$0"],
    [0.000_000_5, "< $0.000001"],
    [0.001_234, "$0.0012"],
    [0.123_4, "$0.123"],
    [12.345, "$12.35"],
    [12_345.6, "$12,346"],
    [null, "–"],
  ])("%s dollars are %s", (dollars, text) => {
    expect(formatCost(dollars)).toBe(text);
  });

  it("does not round a share to all or nothing", () => {
    expect([0, 0.000_4, 0.5, 0.999_6, 1].map(formatShare)).toEqual([
      "0 %",
      "< 0.1 %",
      "50 %",
      "> 99.9 %",
      "100 %",
    ]);
    expect(formatShare(null)).toBe("–");
  });

  it("names what it counts", () => {
    expect(formatNumberOf(1, "run")).toBe("1 run");
    expect(formatNumberOf(1_200, "run")).toBe("1,200 runs");
  });

  it("tells bytes", () => {
    expect([0, 999, 1_000, 3_450_000].map(formatBytes)).toEqual(["0 B", "999 B", "1 kB", "3.5 MB"]);
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  it.each([
    ["2026-11-22T11:59:58Z", "just now"],
    ["2026-11-22T12:00:20Z", "just now"],
    ["2026-11-22T11:59:18Z", "42 s ago"],
    ["2026-11-22T11:01:00Z", "59 min ago"],
    ["2026-11-21T13:00:00Z", "23 h ago"],
    ["2026-11-10T12:00:00Z", "12 d ago"],
    ["2026-01-02T12:00:00Z", "2 Jan 2026"],
  ])("%s is %s", (at, text) => {
    expect(formatAgo(at, now)).toBe(text);
  });

  it("is empty or as it came where there is no time", () => {
    expect(formatExactly(null)).toBe("");
    expect(formatExactly("soon")).toBe("soon");
  });
});
