import { describe, expect, it } from "vitest";
import { eventRow, parseInstant, titleOf } from "./event-row";
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
    first_token_at: null,
    duration_ms: null,
    model: null,
    tokens_in: null,
    tokens_out: null,
    cost: null,
    is_unpriced: false,
    ended_by_run: false,
    sequence: null,
    ...change,
  };
}

const windowOf = (events: ToldChange[], from: number) =>
  events.map((event, place) => eventRow(event, from + place, (text) => text));
const idsOf = (rows: EventRows) => rows.list().map(({ id }) => id);

describe("the events of a run", () => {
  it("stand in the order of their windows, whichever came first", () => {
    const rows = new EventRows();
    rows.takeWindow(windowOf([told("c"), told("d")], 2));
    rows.takeWindow(windowOf([told("a"), told("b")], 0));
    expect(idsOf(rows)).toEqual(["a", "b", "c", "d"]);
  });

  it("are changed where they stand, and new ones follow by number, then start", () => {
    const rows = new EventRows();
    rows.takeWindow(windowOf([told("a"), told("b")], 0));
    rows.takeChanges(
      [
        told("z", { started_at: "2026-01-01T00:00:09.000002Z" }),
        told("y", { started_at: "2026-01-01T00:00:09.000001Z" }),
        told("n", { sequence: 4, started_at: "2026-01-02T00:00:00.000000Z" }),
        told("a", { status: "completed" }),
      ],
      9,
    );
    expect(idsOf(rows)).toEqual(["a", "b", "n", "y", "z"]);
    expect(rows.get("a")?.status).toBe("completed");
  });

  it("keep what a change told when an older window comes, but take its order", () => {
    const rows = new EventRows();
    rows.takeChanges([told("b", { status: "failed" }), told("x")], 9);
    rows.takeWindow(windowOf([told("a"), told("b"), told("x")], 0));
    expect(idsOf(rows)).toEqual(["a", "b", "x"]);
    expect(rows.get("b")?.status).toBe("failed");
  });

  it("need not be new where windows are missing, and have no place until theirs comes", () => {
    const rows = new EventRows();
    rows.takeWindow(windowOf([told("a")], 0));
    rows.expect(3);
    rows.takeChanges([told("c", { status: "failed" })], 3);
    expect([rows.at(1), rows.at(2), rows.at(3)]).toEqual([undefined, undefined, undefined]);
    rows.takeWindow(windowOf([told("b"), told("c")], 1));
    expect(rows.at(2)).toMatchObject({ id: "c", status: "failed", order: 2 });
    rows.settle(true);
    rows.takeChanges([told("d")], 3);
    expect(idsOf(rows)).toEqual(["a", "b", "c", "d"]);
  });

  it("have the depth of what is known above them", () => {
    const rows = new EventRows();
    const below = (parent: string) => ({ parent_event_id: parent });
    rows.takeWindow(windowOf([told("a"), told("b", below("a")), told("c", below("b"))], 0));
    rows.takeWindow(windowOf([told("x", below("y")), told("y", below("x")), told("z", below("gone"))], 3));
    const depths = ["a", "b", "c", "z"].map((id) => rows.depthOf(rows.get(id) as never));
    expect(depths).toEqual([0, 1, 2, 0]);
    expect(rows.depthOf(rows.get("x") as never)).toBeLessThanOrEqual(6);
  });

  it("are the same list until something changes", () => {
    const rows = new EventRows();
    rows.takeWindow(windowOf([told("a")], 0));
    const before = rows.list();
    rows.takeChanges([], 9);
    expect(rows.list()).toBe(before);
    rows.clear();
    expect(rows.list()).toEqual([]);
  });

  it("are called by the first name there is, and keep microseconds", () => {
    const rows = new EventRows();
    rows.takeWindow(windowOf([told("a", { name: null, model: "gpt" }), told("b", { name: null })], 0));
    expect(rows.list().map(titleOf)).toEqual(["gpt", "step"]);
    expect(parseInstant("1970-01-01T00:00:01.000250Z")).toBe(1000.25);
  });
});
