import { expect, it, vi } from "vitest";
import { FIRST, LOOKED_AT, MOST, RunEvents, WINDOW } from "./run-events";
import { changesOf, FakeSource, toldEvent } from "./run-events.fixture";

const idsOf = (events: RunEvents) => events.get().rows.map((row) => row.id);

async function opened(source: FakeSource): Promise<RunEvents> {
  const events = new RunEvents(source);
  events.open();
  await vi.waitFor(() => expect(events.get().isWhole || events.get().error !== null).toBe(true));
  return events;
}

it("asks once for a run that is short", async () => {
  const source = new FakeSource(FIRST);
  const events = await opened(source);
  expect(source.asked).toEqual([`spans 0 ${FIRST}`]);
  expect(events.get()).toMatchObject({ total: FIRST, isWhole: true });
});

it("shows the first events at once, and reads the rest in large windows", async () => {
  const source = new FakeSource(FIRST + WINDOW + 10);
  const events = new RunEvents(source);
  const seen: number[] = [];
  events.subscribe(() => seen.push(events.get().rows.length));
  events.open();
  await vi.waitFor(() => expect(events.get().isWhole).toBe(true));
  expect(source.asked).toEqual([
    `spans 0 ${FIRST}`,
    `columns ${FIRST} ${WINDOW}`,
    `columns ${FIRST + WINDOW} ${WINDOW}`,
  ]);
  expect(seen[0]).toBe(FIRST);
  expect(seen.at(-1)).toBe(source.count);
  expect(events.get().rows.every((row, place) => row.id === `e${place}` && row.order === place)).toBe(true);
  expect(events.rowAt(FIRST + 5)?.row).toMatchObject({ name: `call ${FIRST + 5}`, durationMs: 1 });
});

it("goes on where it was stopped by an error", async () => {
  const source = new FakeSource(FIRST + 1);
  const events = new RunEvents(source);
  source.readColumns = vi
    .fn(source.readColumns)
    .mockRejectedValueOnce(new Error("away")) as typeof source.readColumns;
  events.open();
  await vi.waitFor(() => expect(events.get().error).toBeInstanceOf(Error));
  expect(events.get().rows).toHaveLength(FIRST);
  events.open();
  await vi.waitFor(() => expect(events.get()).toMatchObject({ isWhole: true, error: null }));
  expect(events.get().rows).toHaveLength(FIRST + 1);
});

it("follows from the change on that the first rows are of", async () => {
  const events = await opened(new FakeSource(3, 41));
  expect(events.changeSeq).toBe(41);
  events.take(changesOf(44, [toldEvent(1, { status: "failed" }), toldEvent(9)], 4), false);
  expect(events.changeSeq).toBe(44);
  expect(idsOf(events)).toEqual(["e0", "e1", "e2", "e9"]);
  expect(events.get()).toMatchObject({ total: 4, isWhole: true });
  expect(events.get().rows[1]?.status).toBe("failed");
});

it("tells what is new to those who keep rows of their own", async () => {
  const events = await opened(new FakeSource(2));
  const told: string[] = [];
  const stop = events.onRows((rows, isReset) =>
    told.push(`${isReset ? "all" : "more"} ${rows.map((row) => row.id).join()}`),
  );
  events.take(changesOf(2, [toldEvent(7)], 3), false);
  stop();
  events.take(changesOf(3, [toldEvent(8)], 4), false);
  expect(told).toEqual(["all e0,e1", "more e7"]);
});

it("keeps what a change told when a window that was read before it comes later", async () => {
  const source = new FakeSource(FIRST + 2);
  const events = new RunEvents(source);
  let answer: () => void = () => undefined;
  const readColumns = source.readColumns;
  source.readColumns = async (from, limit) => {
    const columns = await readColumns(from, limit);
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return columns;
  };
  events.open();
  await vi.waitFor(() => expect(source.asked).toHaveLength(2));
  events.take(changesOf(2, [toldEvent(FIRST, { status: "failed" })], FIRST + 2), false);
  await vi.waitFor(() => {
    answer();
    expect(events.get().isWhole).toBe(true);
  });
  expect(events.get().rows[FIRST]).toMatchObject({ id: `e${FIRST}`, status: "failed", order: FIRST });
  expect(events.get().rows).toHaveLength(FIRST + 2);
});

it("reads of a run beyond all measure only what is looked at", async () => {
  const source = new FakeSource(MOST + 1);
  const events = new RunEvents(source);
  events.open();
  await vi.waitFor(() => expect(events.get().rows).toHaveLength(2 * LOOKED_AT));
  const place = LOOKED_AT * 50 + 3;
  events.want(place);
  await vi.waitFor(() => expect(events.rowAt(place)?.row.id).toBe(`e${place}`));
  expect(source.asked.length).toBeLessThan(8);
  expect(events.get()).toMatchObject({ total: MOST + 1, isWhole: false });
});

it("reads the order again when a run that was followed has ended, and keeps what is shown", async () => {
  const source = new FakeSource(3);
  const events = await opened(source);
  events.reorder();
  expect(source.asked).toHaveLength(1);
  events.take(changesOf(2, [toldEvent(3)], 4), false);
  source.count = 4;
  events.reorder();
  expect(events.get()).toMatchObject({ isWhole: true, total: 4 });
  await vi.waitFor(() => expect(source.asked).toHaveLength(2));
  expect(idsOf(events)).toEqual(["e0", "e1", "e2", "e3"]);
});

it("begins again where the server does", async () => {
  const source = new FakeSource(3);
  const events = await opened(source);
  source.count = 1;
  events.take(changesOf(1, [], 1), true);
  await vi.waitFor(() => expect(idsOf(events)).toEqual(["e0"]));
  expect(events.get()).toMatchObject({ isWhole: true, total: 1 });
});
