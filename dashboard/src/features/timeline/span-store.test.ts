import { expect, test, vi } from "vitest";
import type { SpanSource } from "./span";
import { FIRST_PART, MOST, PART, SpanStore, type SpanPart } from "./span-store";

const ZERO = "2026-01-02T03:04:00.000000Z";

function source(number: number, more: Partial<SpanSource> = {}): SpanSource {
  return {
    event_id: `e${number}`,
    parent_event_id: null,
    event_type: "tool_call",
    name: `call ${number}`,
    node_id: null,
    agent_name: null,
    status: "completed",
    started_at: new Date(Date.parse(ZERO) + number).toISOString().replace("Z", "000Z"),
    ended_at: null,
    first_token_at: null,
    duration_ms: 1,
    model: null,
    tokens_in: null,
    tokens_out: null,
    cost: null,
    ...more,
  };
}

function reader(count: number) {
  const asked: [number, number][] = [];
  const read = (from: number, limit: number): Promise<SpanPart> => {
    asked.push([from, limit]);
    const rows = Array.from({ length: Math.max(0, Math.min(limit, count - from)) }, (_, place) => ({
      kind: "event" as const,
      depth: 0,
      ...source(from + place),
    }));
    return Promise.resolve({ event_count: count, from_order: from, rows });
  };
  return { asked, read };
}

async function settled(isDone: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(isDone()).toBe(true));
}

test("a short run is read at once, and is a tree", async () => {
  const { asked, read } = reader(20);
  const store = new SpanStore(read, ZERO, 20);
  store.open();
  await settled(() => store.get().tree !== null);
  expect(asked).toEqual([[0, PART]]);
  expect(store.get().count).toBe(20);
});

test("of a long run a few rows come first, then the rest", async () => {
  const count = PART * 2 + 10;
  const { asked, read } = reader(count);
  const store = new SpanStore(read, ZERO, count);
  store.open();
  await settled(() => store.get().loaded >= FIRST_PART);
  expect(asked[0]).toEqual([0, FIRST_PART]);
  await settled(() => store.get().tree !== null);
  expect(store.get().loaded).toBe(count);
});

test("of a run beyond all measure only what is looked at is read", async () => {
  const count = MOST + 1;
  const { asked, read } = reader(count);
  const store = new SpanStore(read, ZERO, count);
  store.open();
  store.want(PART * 20);
  await settled(() => store.get().rowAt(PART * 20 + 3) !== undefined);
  expect(store.get().rowAt(PART * 20 + 3)?.span.id).toBe(`e${PART * 20 + 3}`);
  expect(asked.length).toBeLessThan(6);
  expect(store.get().tree).toBeNull();
});

test("an event that changes takes the place of the one with its id", async () => {
  const { read } = reader(3);
  const store = new SpanStore(read, ZERO, 3);
  store.open();
  await settled(() => store.get().tree !== null);
  store.take([source(1, { status: "failed" }), source(9)]);
  await settled(() => store.get().count === 4);
  const { tree } = store.get();
  expect(tree?.spans.map((span) => `${span.id} ${span.status}`)).toEqual([
    "e0 completed",
    "e1 failed",
    "e2 completed",
    "e9 completed",
  ]);
});

test("what the feed told before its part was read is kept", async () => {
  const { read } = reader(3);
  const store = new SpanStore(read, ZERO, 3);
  store.take([source(1, { status: "failed" })]);
  store.open();
  await settled(() => store.get().tree !== null);
  expect(store.get().tree?.spans[1]?.status).toBe("failed");
});

test("an error is told, and reading may be tried again", async () => {
  const { read } = reader(3);
  let fails = true;
  const store = new SpanStore(
    (from, limit) => (fails ? Promise.reject(new Error("away")) : read(from, limit)),
    ZERO,
    3,
  );
  store.open();
  await settled(() => store.get().error !== null);
  fails = false;
  store.retry();
  await settled(() => store.get().tree !== null);
  expect(store.get().error).toBeNull();
});
