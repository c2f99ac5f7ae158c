import { describe, expect, it } from "vitest";
import type { EventRow } from "@/lib/event-row";
import {
  durationOf,
  firstLevel,
  isOpen,
  matching,
  revealed,
  selfTimeOf,
  stepThrough,
  treeOf,
  turnedTo,
  visible,
  withAncestors,
  type Fold,
} from "./tree";

const ALL: Fold = { level: Infinity, turned: new Set() };

function makeRow(id: string, parentId: string | null = null, change: Partial<EventRow> = {}): EventRow {
  return {
    id,
    parentId,
    type: "step",
    subtype: null,
    name: id,
    nodeId: null,
    agentName: null,
    status: "completed",
    startedAt: 0,
    endedAt: 100,
    firstTokenAt: null,
    durationMs: 100,
    model: null,
    tokensIn: null,
    tokensOut: null,
    cost: null,
    isUnpriced: false,
    endedByRun: false,
    order: 0,
    ...change,
  };
}

const idsOf = (nodes: Iterable<{ row: EventRow }>) => [...nodes].map(({ row }) => row.id);

describe("a tree of events", () => {
  it("nests events in execution order, whichever of them came first", () => {
    const tree = treeOf([makeRow("b", "a"), makeRow("a"), makeRow("c", "b"), makeRow("d")]);
    expect(idsOf(tree.inOrder)).toEqual(["a", "b", "c", "d"]);
    expect(tree.byId.get("c")?.depth).toBe(2);
  });

  it("shows what has no parent here, and what is in a cycle, at the top", () => {
    const tree = treeOf([makeRow("a", "missing"), makeRow("x", "y"), makeRow("y", "x"), makeRow("z", "z")]);
    expect(idsOf(tree.roots)).toEqual(["a", "z", "x"]);
    expect(idsOf(tree.inOrder)).toEqual(["a", "z", "x", "y"]);
  });

  it("adds up tokens, costs and errors, and tells nothing from none", () => {
    const tree = treeOf([
      makeRow("a"),
      makeRow("b", "a", { tokensIn: 5, tokensOut: 2, cost: 0.5, status: "failed" }),
      makeRow("c", "a", { tokensIn: 1 }),
      makeRow("d"),
    ]);
    expect(tree.roots[0]).toMatchObject({ nEvents: 3, nErrors: 1, tokens: 8, cost: 0.5, hasCost: true });
    expect(tree.roots[1]).toMatchObject({ tokens: 0, hasTokens: false, hasCost: false });
  });

  it("takes a chain of 100,000 events", () => {
    const rows = Array.from({ length: 100_000 }, (_, index) =>
      makeRow(String(index), index ? String(index - 1) : null),
    );
    const tree = treeOf(rows);
    expect(visible(tree, ALL)).toHaveLength(100_000);
    expect(withAncestors(tree.inOrder.slice(-1)).size).toBe(100_000);
  });
});

describe("what is folded", () => {
  const tree = treeOf([makeRow("a"), makeRow("b", "a"), makeRow("c", "b"), makeRow("d")]);
  const closed: Fold = { level: 0, turned: new Set() };
  const c = tree.byId.get("c")!;

  it("is opened as far as something within must be seen", () => {
    expect(idsOf(visible(tree, closed))).toEqual(["a", "d"]);
    expect(idsOf(visible(tree, revealed(c, closed)))).toEqual(["a", "b", "c", "d"]);
    expect(revealed(c, ALL).turned.size).toBe(0);
  });

  it("is turned by hand, and back", () => {
    const opened = turnedTo(tree.roots, true, closed);
    expect(isOpen(tree.roots[0]!, opened)).toBe(true);
    expect(turnedTo(tree.roots, false, opened).turned.size).toBe(0);
  });

  it("is at first all of a short run, and of a long one what fills a screen", () => {
    const below = (parent: string, n: number) =>
      Array.from({ length: n }, (_, place) => makeRow(`${parent}.${place}`, parent));
    const wide = treeOf([makeRow("a"), ...below("a", 20), ...below("a.0", 9)]);
    const narrow = treeOf([makeRow("a"), ...below("a", 2), ...below("a.0", 20)]);
    const flat = treeOf(Array.from({ length: 20 }, (_, place) => makeRow(`${place}`)));
    expect(firstLevel(wide, 400)).toBe(Infinity);
    expect([wide, narrow, flat].map((tree) => firstLevel(tree, 401))).toEqual([1, 2, 0]);
    expect(firstLevel(treeOf(below("a", 3)), 401)).toBe(Infinity);
  });
});

describe("searching", () => {
  const tree = treeOf([
    makeRow("plan"),
    makeRow("Search", "plan", { status: "failed" }),
    makeRow("write", "plan", { model: "SEARCHER-1" }),
    makeRow("end"),
  ]);

  it("finds names and models in any case, and keeps what they are within", () => {
    const found = matching(tree, { text: "search", onlyErrors: false });
    expect(idsOf(found)).toEqual(["Search", "write"]);
    const kept = withAncestors(found);
    expect(idsOf(visible(tree, { level: 0, turned: new Set() }, kept))).toEqual(["plan", "Search", "write"]);
    expect(idsOf(matching(tree, { text: "", onlyErrors: true }))).toEqual(["Search"]);
  });

  it("steps from wherever one is, and round the end", () => {
    const found = matching(tree, { text: "search", onlyErrors: false });
    const [search, write] = found;
    expect(stepThrough(tree, found, undefined, 1)).toBe(search);
    expect(stepThrough(tree, found, search, 1)).toBe(write);
    expect(stepThrough(tree, found, write, 1)).toBe(search);
    expect(stepThrough(tree, found, tree.roots[0], -1)).toBe(write);
    expect(stepThrough(tree, [], search, 1)).toBeUndefined();
  });
});

describe("times", () => {
  it("of itself are those in which no child was going on", () => {
    const tree = treeOf([
      makeRow("a"),
      makeRow("b", "a", { startedAt: 10, durationMs: 30 }),
      makeRow("c", "a", { startedAt: 20, durationMs: 40 }),
      makeRow("d", "a", { startedAt: 90, durationMs: 900 }),
    ]);
    expect(selfTimeOf(tree.roots[0]!, 0)).toBe(40);
  });

  it("go on while it runs, and are unknown where nobody told", () => {
    const open = { endedAt: null, durationMs: null };
    expect(durationOf(makeRow("a", null, { ...open, status: "running", startedAt: 40 }), 100)).toBe(60);
    expect(durationOf(makeRow("a", null, { ...open, status: "cancelled" }), 100)).toBeNull();
  });
});
