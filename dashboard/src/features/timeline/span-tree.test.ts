import { expect, test } from "vitest";
import { buildTree, parentsAtDepth, pathTo, rowsOf, sourcesOfErrors, type SpanTree } from "./span-tree";
import { span } from "./spans.fixture";

const NONE = new Set<string>();
const idsOf = (tree: SpanTree, rows: Iterable<number>) => [...rows].map((row) => tree.spans[row]?.id);

const family = () =>
  buildTree([
    span("late child", 6, 9, { parentId: "root" }),
    span("root", 0, 10),
    span("early child", 1, 5, { parentId: "root" }),
    span("grandchild", 2, 3, { parentId: "early child", status: "failed" }),
    span("other root", 4, 12),
  ]);

test("rows stand below their parents, by their start", () => {
  const tree = family();
  expect(idsOf(tree, rowsOf(tree, NONE))).toEqual([
    "root",
    "early child",
    "grandchild",
    "late child",
    "other root",
  ]);
  expect([...tree.order].map((row) => tree.depth[row])).toEqual([0, 1, 2, 1, 0]);
});

test("of two that begin together the longer stands first", () => {
  const tree = buildTree([span("short", 0, 1), span("long", 0, 5)]);
  expect(idsOf(tree, tree.order)).toEqual(["long", "short"]);
});

test("what is collapsed has a row, and nothing below it has", () => {
  const tree = family();
  expect(idsOf(tree, rowsOf(tree, new Set(["early child"])))).toEqual([
    "root",
    "early child",
    "late child",
    "other root",
  ]);
});

test("a window of time leaves out what has nothing in it, with all below", () => {
  const tree = family();
  expect(idsOf(tree, rowsOf(tree, NONE, { from: 5.5, to: 7 }))).toEqual(["root", "late child", "other root"]);
});

test("a parent whose child goes on within the window is shown", () => {
  const tree = buildTree([
    span("short parent", 0, 1),
    span("long child", 0.5, 20, { parentId: "short parent" }),
  ]);
  expect(idsOf(tree, rowsOf(tree, NONE, { from: 10, to: 11 }))).toEqual(["short parent", "long child"]);
});

test("what goes on is in every window after its start", () => {
  const tree = buildTree([span("open", 0, null)]);
  expect(idsOf(tree, rowsOf(tree, NONE, { from: 1_000, to: 2_000 }))).toEqual(["open"]);
});

test("sizes, errors and ends are those of all below", () => {
  const tree = family();
  const root = tree.indexOf.get("root") ?? -1;
  expect([tree.size[root], tree.errors[root], tree.firstStart[root], tree.lastEnd[root]]).toEqual([
    4, 1, 0, 10,
  ]);
});

test("an event whose parent has not come stands at the top", () => {
  const tree = buildTree([span("orphan", 0, 1, { parentId: "unknown" })]);
  expect(tree.roots).toEqual([0]);
});

test("a circle of parents is cut, and every event keeps a row", () => {
  const tree = buildTree([
    span("one", 0, 5, { parentId: "other" }),
    span("other", 1, 4, { parentId: "one" }),
    span("itself", 2, 3, { parentId: "itself" }),
  ]);
  expect(idsOf(tree, rowsOf(tree, NONE)).toSorted()).toEqual(["itself", "one", "other"]);
});

test("the path leads from the top to the event", () => {
  const tree = family();
  expect(idsOf(tree, pathTo(tree, tree.indexOf.get("grandchild") ?? -1))).toEqual([
    "root",
    "early child",
    "grandchild",
  ]);
});

test("errors come from where nothing below failed", () => {
  const failed = { status: "failed" };
  const tree = buildTree([
    span("root", 0, 9, failed),
    span("step", 1, 8, { ...failed, parentId: "root" }),
    span("call", 2, 3, { ...failed, parentId: "step" }),
    span("fine", 4, 5, { parentId: "step" }),
    span("alone", 6, 7, { ...failed, parentId: "root" }),
  ]);
  expect(idsOf(tree, sourcesOfErrors(tree))).toEqual(["call", "alone"]);
});

test("parents of a depth are found to be collapsed", () => {
  expect(parentsAtDepth(family(), 1)).toEqual(["early child"]);
});

test("a hundred thousand events are laid out in a moment, deep ones too", () => {
  const many = Array.from({ length: 100_000 }, (_, number) =>
    span(`e${number}`, number, 200_000 - number, number ? { parentId: `e${number - 1}` } : {}),
  );
  const began = performance.now();
  const tree = buildTree(many);
  expect(rowsOf(tree, NONE)).toHaveLength(100_000);
  expect(performance.now() - began).toBeLessThan(2_000);
});
