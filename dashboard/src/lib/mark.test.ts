import { expect, test } from "vitest";
import { markOf } from "./mark";

test.each([
  ["[redacted]", "redacted"],
  [{ $truncated: "items", n: 5_000 }, "cut here: 5,000 entries in all"],
  [{ $truncated: "depth", n: 3 }, "cut here: 3 entries below"],
  [{ $truncated: "size" }, "too large to be kept"],
  [{ $file: "f1", size_bytes: 3 }, "kept as a file"],
  [{ $cycle: 2 }, "again what is 2 levels up"],
  [{ $failed: "RuntimeError", type: "app.Planner" }, "app.Planner could not be described: RuntimeError"],
  [{ $bytes: "aGVsbG8=" }, "5 bytes"],
  [{ $callable: "app.search" }, "function app.search"],
  [{ $array: "numpy.ndarray", shape: [2, 3] }, "2 × 3 numpy.ndarray"],
])("%j is %s", (value, words) => {
  expect(markOf(value)?.words).toBe(words);
});

test("fields beside a type are kept", () => {
  expect(markOf({ $type: "app.Planner", goal: "x" })).toMatchObject({
    words: "app.Planner",
    rest: { goal: "x" },
  });
});

test.each([[{ $price: 3 }], [{ a: 1, $truncated: "items" }], ["text"], [null], [[1]], [{}], [{ $file: 3 }]])(
  "%j is no mark",
  (value) => {
    expect(markOf(value)).toBeNull();
  },
);
