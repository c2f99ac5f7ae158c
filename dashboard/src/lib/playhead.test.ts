import { describe, expect, it } from "vitest";
import type { EventRow } from "./event-row";
import { countUpTo, History, positionAt, positionByKey, readPosition, rowsInTime, ticksOf } from "./playhead";

function row(
  id: string,
  startedAt: number,
  endedAt: number | null,
  fields: Partial<EventRow> = {},
): EventRow {
  return {
    id,
    parentId: null,
    type: "tool_call",
    subtype: null,
    name: id,
    nodeId: null,
    agentName: null,
    status: endedAt === null ? "running" : "completed",
    startedAt,
    endedAt,
    firstTokenAt: null,
    durationMs: endedAt === null ? null : endedAt - startedAt,
    model: null,
    tokensIn: 5,
    tokensOut: 5,
    cost: 1,
    isUnpriced: false,
    endedByRun: false,
    order: 0,
    ...fields,
  };
}

describe("positions", () => {
  it("are read from the address, and nothing else is", () => {
    expect(["0", "12.6", "now", "-1", "x", ""].map((at) => readPosition({ at }))).toEqual([
      0,
      13,
      "now",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("end with now, and do not go below the beginning", () => {
    expect([-5, 99.4, 100, 200].map((ms) => positionAt(ms, 100))).toEqual([0, 99, "now", "now"]);
  });

  it("follow the keys of a slider", () => {
    const keys = ["ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End", "a"];
    expect(keys.map((key) => positionByKey(key, 500, 1_000))).toEqual([
      510,
      490,
      600,
      400,
      0,
      "now",
      undefined,
    ]);
    expect(positionByKey("ArrowLeft", "now", 1_000)).toBe(990);
  });
});

describe("what was then", () => {
  it("counts what is not after a moment", () => {
    expect([0, 1, 2, 9].map((at) => countUpTo([1, 2, 2, 5], at))).toEqual([0, 1, 3, 4]);
  });

  it("is the last state before, however changes came", () => {
    const history = new History([
      { at: 20, state: "completed" },
      { at: 10, state: "running" },
    ]);
    expect([9, 10, 19, 20, 99].map((at) => history.at(at))).toEqual([
      undefined,
      "running",
      "running",
      "completed",
      "completed",
    ]);
  });

  it("has events that had begun, without what they came to later", () => {
    const rows = rowsInTime([row("a", 0, 30), row("b", 10, 20, { status: "failed" }), row("c", 25, null)]);
    const told = (at: number) => rows.at(at).map(({ id, status, cost }) => [id, status, cost]);

    expect(told(-1)).toEqual([]);
    expect(told(10)).toEqual([
      ["a", "running", null],
      ["b", "running", null],
    ]);
    expect(told(20)).toEqual([
      ["a", "running", null],
      ["b", "failed", 1],
    ]);
    expect(told(30)).toEqual([
      ["a", "completed", 1],
      ["b", "failed", 1],
      ["c", "running", null],
    ]);
    expect(rows.at(21)).toBe(rows.at(24));
  });
});

it("marks errors and beginnings of nodes once for each place", () => {
  const failed = row("a", 0, 50, { status: "failed" });
  const node = row("n", 25, 60, { type: "node_execution" });
  expect(ticksOf([failed, { ...failed, id: "b" }, node], 0, 100)).toEqual([
    { place: 0.5, kind: "error" },
    { place: 0.25, kind: "node" },
  ]);
});
