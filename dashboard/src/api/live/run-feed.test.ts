import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProblemError } from "../problem";
import { RunFeed, type RunChanges } from "./run-feed";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const changes = (after: number, changeSeq: number, isCaughtUp = true) =>
  ({ after, change_seq: changeSeq, caught_up: isCaughtUp }) as RunChanges;

it("reads on from where it was, page by page, and once for many wakes", async () => {
  const asked: (number | undefined)[] = [];
  const pages = [changes(0, 5, false), changes(5, 8), changes(8, 9)];
  const take = vi.fn();
  const feed = new RunFeed("r", 0, { take, gone: vi.fn() }, async (_, after) => {
    asked.push(after);
    return pages[asked.length - 1] as RunChanges;
  });
  feed.wake();
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([0, 5]);
  feed.wake();
  feed.wake();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([0, 5, 8]);
  expect(take.mock.calls.map(([, isReset]) => isReset)).toEqual([false, false, false]);
});

it("says that everything begins again where the server does", async () => {
  const take = vi.fn();
  const feed = new RunFeed("r", 90, { take, gone: vi.fn() }, async () => changes(0, 3));
  feed.wake();
  await vi.advanceTimersByTimeAsync(1);
  expect(take).toHaveBeenCalledWith(changes(0, 3), true);
});

it("tries again when the server is away, and not when the run is gone", async () => {
  let tries = 0;
  const gone = vi.fn();
  const feed = new RunFeed("r", 0, { take: vi.fn(), gone }, async () => {
    tries += 1;
    throw tries === 1 ? new TypeError("no network") : new ProblemError(404, {});
  });
  feed.wake();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(tries).toBe(2);
  expect(gone).toHaveBeenCalledTimes(1);
});
