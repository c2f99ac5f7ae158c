import { expect, it, vi } from "vitest";
import type { RunChanges } from "./run-feed";
import { RunEvents } from "./run-events";

type Window = Awaited<ReturnType<ConstructorParameters<typeof RunEvents>[1] & object>>;

function windowOf(n: number, from: number, limit: number): Window {
  const rows = Array.from({ length: Math.max(0, Math.min(limit, n - from)) }, (_, index) => ({
    kind: "event",
    event_id: `e${from + index}`,
    event_type: "step",
    status: "completed",
    started_at: "2026-01-01T00:00:00Z",
    ended_at: null,
  }));
  return { event_count: n, rows } as unknown as Window;
}

function changesOf(change_seq: number): RunChanges {
  return {
    run: null,
    events: [],
    change_seq,
    after: change_seq,
    caught_up: true,
  } as unknown as RunChanges;
}

it("shows the first events at once, and reads all of them", async () => {
  const asked: number[] = [];
  const events = new RunEvents("r", async (_, from, limit) => {
    asked.push(from);
    return windowOf(6_000, from, limit);
  });
  const seen: number[] = [];
  events.subscribe(() => seen.push(events.get().rows.length));
  await events.open();
  expect(asked).toEqual([0, 300, 5_300]);
  expect(seen).toEqual([300, 5_300, 6_000]);
  expect(events.get()).toMatchObject({ total: 6_000, isWhole: true });
});

it("goes on where it was stopped by an error", async () => {
  const read = vi
    .fn()
    .mockResolvedValueOnce(windowOf(301, 0, 300))
    .mockRejectedValueOnce(new Error("away"))
    .mockResolvedValueOnce(windowOf(301, 300, 5_000));
  const events = new RunEvents("r", read);
  await events.open();
  expect(events.get().error).toBeInstanceOf(Error);
  await events.open();
  expect(events.get()).toMatchObject({ isWhole: true, error: null });
  expect(events.get().rows).toHaveLength(301);
});

it("takes changes beside what was read, and reads again only where all of it is of another run", async () => {
  const read = vi.fn(async (_: string, from: number, limit: number) => windowOf(2, from, limit));
  const events = new RunEvents("r", read);
  await events.open();
  events.take(changesOf(7), false);
  expect(events.changeSeq).toBe(7);
  expect(read).toHaveBeenCalledTimes(1);

  events.take(changesOf(3), true);
  expect(events.changeSeq).toBe(3);
  expect(read).toHaveBeenCalledTimes(2);
});
