import { expect, test } from "vitest";
import { microseconds, SpanReader, type SpanSource } from "./span";

const SOURCE: SpanSource = {
  event_id: "e1",
  parent_event_id: null,
  event_type: "llm_call",
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
};
const READER = new SpanReader("2026-01-02T03:04:00.000000Z");

test("times are relative, and keep their microseconds", () => {
  expect(READER.read(SOURCE)).toMatchObject({
    start: 100.25,
    end: 900,
    firstToken: 300,
    tokens: 3,
    name: "gpt-4o",
  });
});

test("what runs has no end, and what has no length ends when it starts", () => {
  const open = { ...SOURCE, ended_at: null, duration_ms: null };
  expect(READER.read({ ...open, status: "running" }).end).toBeNull();
  expect(READER.read(open).end).toBe(100.25);
});

test("an end before the start is no end before the start", () => {
  expect(READER.read({ ...SOURCE, ended_at: "2026-01-02T03:04:00.000000Z" }).end).toBe(100.25);
});

test("microseconds are exact, also where there are none", () => {
  expect(microseconds("2026-01-02T03:04:00.000001Z") - microseconds("2026-01-02T03:04:00Z")).toBe(1);
});
