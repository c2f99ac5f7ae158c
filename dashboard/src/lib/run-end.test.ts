import { expect, it } from "vitest";
import { eventRow, sharing } from "./event-row";
import { EventRows } from "./event-rows";
import { runEndOf, withRunEnd } from "./run-end";

const AT = "2026-01-01T00:00:00.000Z";
const LATER = "2026-01-01T00:00:09.000Z";
const told = (event_id: string, status: string) => ({
  event_id,
  parent_event_id: null,
  event_type: "tool_call",
  event_subtype: null,
  name: null,
  node_id: null,
  agent_name: null,
  status,
  started_at: AT,
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
});
const row = (status: string) => eventRow(told("e", status), 0, sharing());

it("ends what goes on with its run, and nothing else", () => {
  const end = runEndOf({ status: "failed", ended_at: LATER });
  const ended = withRunEnd(row("running"), end);
  expect([ended.status, ended.durationMs, ended.endedByRun]).toEqual(["cancelled", 9_000, true]);
  expect(withRunEnd(ended, end)).toBe(ended);
  const failed = row("failed");
  expect(withRunEnd(failed, end)).toBe(failed);
});

it("takes it back where the run goes on again", () => {
  const ended = withRunEnd(row("running"), runEndOf({ status: "completed", ended_at: LATER }));
  expect(ended.status).toBe("completed");
  expect(withRunEnd(ended, runEndOf({ status: "executing", ended_at: null }))).toEqual(row("running"));
});

it("shows rows that are here, and those that come, by the end of the run", () => {
  const rows = new EventRows();
  rows.takeChanges([told("a", "running"), told("b", "completed")], 2);
  const changed = rows.endWith(runEndOf({ status: "completed", ended_at: LATER }));
  expect(changed.map((each) => [each.id, each.status])).toEqual([["a", "completed"]]);
  expect(rows.takeChanges([told("c", "running")], 3)[0]?.endedByRun).toBe(true);
  expect(rows.endWith(null).map((each) => [each.id, each.status])).toEqual([
    ["a", "running"],
    ["c", "running"],
  ]);
  expect(rows.get("a")?.status).toBe("running");
});
