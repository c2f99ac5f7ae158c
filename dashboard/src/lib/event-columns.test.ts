import { expect, it } from "vitest";
import { rowsOfColumns, type EventColumns } from "./event-columns";

const COLUMNS: EventColumns = {
  count: 3,
  from_order: 40,
  since: "2026-01-02T03:04:00.000250Z",
  texts: ["step", "running", "completed", "plan", "gpt"],
  event_id: ["a", "b", "c"],
  parent: ["elsewhere", 0, null],
  event_type: [0, 0, 0],
  event_subtype: null,
  name: [3, null, 3],
  node_id: null,
  agent_name: null,
  status: [1, 2, 2],
  started_us: [0, 1_500, 250],
  ended_us: [null, 2_000, -100],
  duration_us: [null, 2_000, null],
  first_token_us: null,
  model: [null, 4, null],
  tokens_in: [null, 0, 7],
  tokens_out: null,
  cost_nanos: [null, 1_500_000, null],
  ended_by_run: [],
};

it("makes a row of each place of the columns", () => {
  const rows = rowsOfColumns(COLUMNS, (text) => text);
  expect(rows.map((row) => [row.id, row.parentId, row.name, row.status, row.order])).toEqual([
    ["a", "elsewhere", "plan", "running", 40],
    ["b", "a", null, "completed", 41],
    ["c", null, "plan", "completed", 42],
  ]);
  expect(rows[1]).toMatchObject({
    type: "step",
    subtype: null,
    model: "gpt",
    durationMs: 2,
    tokensIn: 0,
    tokensOut: null,
    cost: 0.0015,
    firstTokenAt: null,
    isUnpriced: false,
    endedByRun: false,
  });
  expect(rows[2]).toMatchObject({ tokensIn: 7, cost: null, isUnpriced: true });
});

it("adds times up to the microsecond", () => {
  const zero = Date.parse("2026-01-02T03:04:00Z");
  const rows = rowsOfColumns(COLUMNS, (text) => text);
  expect(rows.map((row) => row.startedAt - zero)).toEqual([0.25, 1.75, 2]);
  expect(rows.map((row) => row.endedAt && row.endedAt - zero)).toEqual([null, 3.75, expect.closeTo(1.9, 3)]);
});

it("makes nothing of nothing", () => {
  const nothing = { ...COLUMNS, count: 0, since: null, event_id: [], started_us: [] };
  expect(rowsOfColumns(nothing, (text) => text)).toEqual([]);
});
