import { expect, it } from "vitest";
import type { EventRow } from "@/lib/event-row";
import { instantOf, ndjsonOf, ndjsonPieces, restOf, typesOf, wantedRows } from "./raw";

function makeRow(id: string, change: Partial<EventRow> = {}): EventRow {
  return {
    id,
    parentId: null,
    type: "tool_call",
    subtype: null,
    name: "search",
    nodeId: null,
    agentName: null,
    status: "completed",
    startedAt: 1_000.25,
    endedAt: null,
    firstTokenAt: null,
    durationMs: null,
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

it("filters by text in any case, type and errors together", () => {
  const rows = [
    makeRow("a"),
    makeRow("b", { type: "llm_call", name: null, model: "Searcher" }),
    makeRow("c", { status: "failed" }),
  ];
  const idsOf = (text: string, type?: string, onlyErrors = false) =>
    wantedRows(rows, { text, type, onlyErrors }).map(({ id }) => id);
  expect(idsOf("SEARCH")).toEqual(["a", "b", "c"]);
  expect(idsOf("search", "tool_call")).toEqual(["a", "c"]);
  expect(idsOf("", undefined, true)).toEqual(["c"]);
  expect(wantedRows(rows, { text: "", type: undefined, onlyErrors: false })).toBe(rows);
  expect(typesOf(rows)).toEqual([
    { type: "tool_call", count: 2 },
    { type: "llm_call", count: 1 },
  ]);
});

it("writes what is known of an event, to the microsecond", () => {
  const row = makeRow("a", { name: "gpt", model: "gpt", cost: 0, endedAt: 2_000 });
  expect(JSON.parse(ndjsonOf(row))).toEqual({
    event_id: "a",
    event_type: "tool_call",
    name: "gpt",
    status: "completed",
    started_at: "1970-01-01T00:00:01.000250Z",
    ended_at: "1970-01-01T00:00:02.000000Z",
    model: "gpt",
    cost: 0,
  });
  expect(restOf(row)).toEqual([
    ["event_id", "a"],
    ["cost", 0],
  ]);
  expect(instantOf(1_700_000_000_000.999)).toBe("2023-11-14T22:13:20.000999Z");
});

it("puts each row on a line of its own, in pieces", () => {
  const pieces = ndjsonPieces([makeRow("a"), makeRow("b"), makeRow("c")], 2);
  expect(pieces.map((piece) => piece.trimEnd().split("\n").length)).toEqual([2, 1]);
});
