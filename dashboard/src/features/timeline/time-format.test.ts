import { expect, test } from "vitest";
import { formatTicks } from "./time-format";

test.each([
  [
    [0, 10_000, 20_000],
    ["0", "10 s", "20 s"],
  ],
  [
    [0, 2_500, 5_000],
    ["0", "2.5 s", "5.0 s"],
  ],
  [
    [0, 200, 400],
    ["0", "200 ms", "400 ms"],
  ],
  [
    [3.2, 3.4],
    ["3.2 ms", "3.4 ms"],
  ],
  [
    [0, 0.05],
    ["0", "50 µs"],
  ],
  [
    [0, 30_000, 60_000, 90_000],
    ["0", "0:30", "1:00", "1:30"],
  ],
  [
    [3_600_000, 3_600_500],
    ["1:00:00.0", "1:00:00.5"],
  ],
])("ticks %j are written as %j", (ticks, words) => {
  expect(formatTicks(ticks)).toEqual(words);
});
