import { expect, test } from "vitest";
import { criticalPathOf, longestWaits } from "./critical-path";
import { buildTree } from "./span-tree";
import type { Span } from "./span";
import { span } from "./spans.fixture";

function pathOf(spans: readonly Span[], now = 100) {
  const tree = buildTree(spans);
  return Object.fromEntries(
    [...criticalPathOf(tree, now)].map(([index, stretches]) => [
      tree.spans[index]?.id,
      stretches.map(({ from, to }) => [from, to]),
    ]),
  );
}

test("of parallel calls the last to end was waited for", () => {
  expect(
    pathOf([
      span("root", 0, 10),
      span("quick", 1, 3, { parentId: "root" }),
      span("slow", 1, 8, { parentId: "root" }),
    ]),
  ).toEqual({
    root: [
      [0, 1],
      [8, 10],
    ],
    slow: [[1, 8]],
  });
});

test("before what was waited for began, what went on then was", () => {
  expect(
    pathOf([
      span("root", 0, 10),
      span("first", 0, 6, { parentId: "root" }),
      span("second", 5, 10, { parentId: "root" }),
    ]),
  ).toEqual({ first: [[0, 5]], second: [[5, 10]] });
});

test("a child that outlives its parent counts until the parent's end", () => {
  expect(pathOf([span("root", 0, 10), span("child", 2, 30, { parentId: "root" })])).toEqual({
    root: [[0, 2]],
    child: [[2, 10]],
  });
});

test("what goes on is waited for until now", () => {
  expect(pathOf([span("root", 0, null)], 50)).toEqual({ root: [[0, 50]] });
});

test("moments hold nobody up", () => {
  expect(pathOf([span("root", 0, 4), span("moment", 2, 2, { parentId: "root" })])).toEqual({
    root: [[0, 4]],
  });
});

test("its stretches sum up to the length of the run", () => {
  const tree = buildTree([
    span("root", 0, 100),
    ...Array.from({ length: 30 }, (_, number) =>
      span(`c${number}`, number * 3, number * 3 + 7, { parentId: number % 3 ? `c${number - 1}` : "root" }),
    ),
  ]);
  const sum = longestWaits(criticalPathOf(tree, 100)).reduce((total, { ms }) => total + ms, 0);
  expect(sum).toBeCloseTo(100);
});
