import { expect, test } from "vitest";
import { forEachStretch, overviewCells } from "./overview-cells";
import { buildTree } from "./span-tree";
import { span } from "./spans.fixture";
import { scaleOf } from "./time-scale";

test("each event is seen in its line, and errors where they began", () => {
  const tree = buildTree([
    span("call", 0, 50, { type: "llm_call" }),
    span("tool", 50, 100, { type: "tool_call", status: "failed" }),
  ]);
  const cells = overviewCells(tree, scaleOf({ from: 0, to: 100 }), 10, 20, 100);
  const stretches: unknown[] = [];
  forEachStretch(cells, (...stretch) => stretches.push(stretch));
  expect(stretches).toEqual([
    ["blue", 0, 0, 6],
    ["amber", 1, 5, 10],
  ]);
  expect([...cells.errors]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
});

test("many events share the lines there are", () => {
  const tree = buildTree(
    Array.from({ length: 1_000 }, (_, number) => span(`e${number}`, number, number + 1)),
  );
  expect(overviewCells(tree, scaleOf({ from: 0, to: 1_000 }), 50, 20, 1_000).lines).toBe(20);
});
