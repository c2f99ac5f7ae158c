import { expect, test, vi } from "vitest";
import { FIRST, RunEvents } from "@/api/live/run-events";
import { changesOf, FakeSource, toldEvent, ZERO } from "@/api/live/run-events.fixture";
import { parseInstant } from "@/lib/event-row";
import { SpanStore } from "./span-store";

function opened(source: FakeSource) {
  const events = new RunEvents(source);
  const store = new SpanStore(events, parseInstant(ZERO));
  const close = store.open();
  events.open();
  return { events, store, close };
}

test("when all events are there they are a tree", async () => {
  const { store } = opened(new FakeSource(20));
  await vi.waitFor(() => expect(store.get().tree).not.toBeNull());
  expect(store.get()).toMatchObject({ count: 20, loaded: 20 });
  expect(store.get().tree?.spans[3]).toMatchObject({ id: "e3", start: 3, end: 4 });
});

test("until then rows stand in execution order", async () => {
  const source = new FakeSource(FIRST + 50);
  source.readColumns = () => new Promise(() => undefined);
  const { store } = opened(source);
  await vi.waitFor(() => expect(store.get().loaded).toBe(FIRST));
  expect(store.get()).toMatchObject({ tree: null, count: FIRST + 50 });
  expect(store.get().rowAt(7)).toMatchObject({ span: { id: "e7", start: 7 }, depth: 0 });
  expect(store.get().orderOf("e7")).toBe(7);
  expect(store.get().rowAt(FIRST)).toBeUndefined();
});

test("an event that changes takes the place of the one with its id", async () => {
  const { store, events } = opened(new FakeSource(3));
  await vi.waitFor(() => expect(store.get().tree).not.toBeNull());
  events.take(changesOf(2, [toldEvent(1, { status: "failed" }), toldEvent(9)], 4), false);
  await vi.waitFor(() => expect(store.get().count).toBe(4));
  expect(store.get().tree?.spans.map((span) => `${span.id} ${span.status}`)).toEqual([
    "e0 completed",
    "e1 failed",
    "e2 completed",
    "e9 completed",
  ]);
});

test("what was read before by another view is there at once", async () => {
  const { events, close } = opened(new FakeSource(3));
  await vi.waitFor(() => expect(events.get().isWhole).toBe(true));
  close();
  const later = new SpanStore(events, parseInstant(ZERO));
  later.open();
  expect(later.get().tree?.spans).toHaveLength(3);
});

test("changes that come quickly are shown together", async () => {
  vi.useFakeTimers();
  try {
    const { store, events } = opened(new FakeSource(1));
    await vi.advanceTimersByTimeAsync(1);
    let nShown = 0;
    store.subscribe(() => {
      nShown += 1;
    });
    for (let number = 1; number <= 50; number++) {
      events.take(changesOf(number + 1, [toldEvent(number)], number + 1), false);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect([nShown, store.get().count]).toEqual([1, 51]);
  } finally {
    vi.useRealTimers();
  }
});

test("an error is told, and reading may be tried again", async () => {
  const source = new FakeSource(3);
  source.failure = new Error("away");
  const { store, events } = opened(source);
  await vi.waitFor(() => expect(store.get().error).not.toBeNull());
  source.failure = null;
  events.open();
  await vi.waitFor(() => expect(store.get().tree).not.toBeNull());
  expect(store.get().error).toBeNull();
});
