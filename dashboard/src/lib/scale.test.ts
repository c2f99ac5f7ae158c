import { expect, it } from "vitest";
import { linePath, niceMost } from "./scale";

it("is round, and below no value", () => {
  expect([[0], [1], [3], [7], [12], [26], [100], [0.3]].map(niceMost)).toEqual([
    1, 1, 5, 10, 20, 50, 100, 0.5,
  ]);
});

it("breaks a line where there is no value, and shows a lonely point", () => {
  const path = linePath(
    [1, 2, null, 4],
    (index) => index * 10,
    (value) => value,
  );
  expect(path).toBe("M0 1L10 2M30 4h0.01");
});
