import { expect, it } from "vitest";
import { bandsOf, linePath, lonePlaces, niceMost } from "./scale";

it("is round, and below no value", () => {
  expect([[0], [1], [3], [7], [12], [26], [100], [0.3]].map(niceMost)).toEqual([
    1, 1, 5, 10, 20, 50, 100, 0.5,
  ]);
});

it("breaks a line where there is no value, and knows points without neighbours", () => {
  const values = [1, 2, null, 4];
  const path = linePath(
    values,
    (index) => index * 10,
    (value) => value,
  );
  expect(path).toBe("M0 1L10 2M30 4");
  expect(lonePlaces(values)).toEqual([3]);
});

it("makes no walls of few bars, and no nothing of many", () => {
  expect(bandsOf(2, 400, 3)).toEqual({ step: 200, bar: 40 });
  expect(bandsOf(400, 400, 3).bar).toBe(1);
});
