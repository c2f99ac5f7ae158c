import { describe, expect, it } from "vitest";
import { parseInstant, titleOf } from "./event-row";
import { EventRows, type ToldChange } from "./event-rows";

function told(event_id: string, change: Partial<ToldChange> = {}): ToldChange {
  return {
    event_id,
    parent_event_id: null,
    event_type: "step",
    event_subtype: null,
    name: event_id,
    node_id: null,
    agent_name: null,
    status: "running",
    started_at: "2026-01-01T00:00:00.000000Z",
    ended_at: null,
    duration_ms: null,
    model: null,
    tokens_in: null,
    tokens_out: null,
    cost: null,
    is_unpriced: false,
    sequence: null,
    ...change,
  };
}

const idsOf = (rows: EventRows) => rows.list().map(({ id }) => id);

describe("the events of a run", () => {
  it("stand in the order of their windows, whichever came first", () => {
    const rows = new EventRows();
    rows.takeWindow([told("c"), told("d")], 2);
    rows.takeWindow([told("a"), told("b")], 0);
    expect(idsOf(rows)).toEqual(["a", "b", "c", "d"]);
  });

  it("are changed where they stand, and new ones follow by number, then start", () => {
    const rows = new EventRows();
    rows.takeWindow([told("a"), told("b")], 0);
    rows.takeChanges([
      told("z", { started_at: "2026-01-01T00:00:09.000002Z" }),
      told("y", { started_at: "2026-01-01T00:00:09.000001Z" }),
      told("n", { sequence: 4, started_at: "2026-01-02T00:00:00.000000Z" }),
      told("a", { status: "completed" }),
    ]);
    expect(idsOf(rows)).toEqual(["a", "b", "n", "y", "z"]);
    expect(rows.get("a")?.status).toBe("completed");
  });

  it("keep what a change told when an older window comes, but take its order", () => {
    const rows = new EventRows();
    rows.takeChanges([told("b", { status: "failed" }), told("x")]);
    rows.takeWindow([told("a"), told("b"), told("x")], 0);
    expect(idsOf(rows)).toEqual(["a", "b", "x"]);
    expect(rows.get("b")?.status).toBe("failed");
  });

  it("are the same list until something changes", () => {
    const rows = new EventRows();
    rows.takeWindow([told("a")], 0);
    const before = rows.list();
    rows.takeChanges([]);
    expect(rows.list()).toBe(before);
    rows.clear();
    expect(rows.list()).toEqual([]);
  });

  it("are called by the first name there is, and keep microseconds", () => {
    const rows = new EventRows();
    rows.takeWindow([told("a", { name: null, model: "gpt" }), told("b", { name: null })], 0);
    expect(rows.list().map(titleOf)).toEqual(["gpt", "step"]);
    expect(parseInstant("1970-01-01T00:00:01.000250Z")).toBe(1000.25);
  });
});
