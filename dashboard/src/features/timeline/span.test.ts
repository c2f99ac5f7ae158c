import { expect, test } from "vitest";
import { eventRow, parseInstant } from "@/lib/event-row";
import { spanOf } from "./span";

const TOLD = {
  event_id: "e1",
  parent_event_id: null,
  event_type: "llm_call",
  event_subtype: null,
  name: null,
  node_id: null,
  agent_name: null,
  status: "completed",
  started_at: "2026-01-02T03:04:00.100250Z",
  ended_at: "2026-01-02T03:04:00.900000Z",
  first_token_at: "2026-01-02T03:04:00.300000Z",
  duration_ms: 799.75,
  model: "gpt-4o",
  tokens_in: 3,
  tokens_out: null,
  cost: null,
  is_unpriced: false,
  ended_by_run: false,
};
const ZERO = parseInstant("2026-01-02T03:04:00.000000Z");
const read = (more: Record<string, unknown>) =>
  spanOf(
    eventRow({ ...TOLD, ...more } as typeof TOLD, 0, (text) => text),
    ZERO,
  );

test("times are relative, and keep their microseconds", () => {
  expect(read({})).toMatchObject({ start: 100.25, end: 900, firstToken: 300, tokens: 3, name: "gpt-4o" });
});

test("what runs has no end, and what has no length ends when it starts", () => {
  const open = { ended_at: null, duration_ms: null };
  expect(read({ ...open, status: "running" }).end).toBeNull();
  expect(read(open).end).toBe(100.25);
});

test("an end before the start is no end before the start", () => {
  expect(read({ ended_at: "2026-01-02T03:04:00.000000Z" }).end).toBe(100.25);
});
