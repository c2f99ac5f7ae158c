import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { throttle } from "./throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("calls at once, then once a period, and never loses the last call", () => {
  const call = vi.fn();
  const throttled = throttle(call, 100);
  throttled();
  expect(call).toHaveBeenCalledTimes(1);
  throttled();
  throttled();
  vi.advanceTimersByTime(99);
  expect(call).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(call).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1_000);
  expect(call).toHaveBeenCalledTimes(2);
  throttled();
  expect(call).toHaveBeenCalledTimes(3);
});

it("calls no more once it is cancelled", () => {
  const call = vi.fn();
  const throttled = throttle(call, 100);
  throttled();
  throttled();
  throttled.cancel();
  vi.advanceTimersByTime(1_000);
  expect(call).toHaveBeenCalledTimes(1);
});

it("a late one calls after a period, not at once", () => {
  const call = vi.fn();
  const throttled = throttle(call, 100, { isLate: true });
  throttled();
  throttled();
  expect(call).toHaveBeenCalledTimes(0);
  vi.advanceTimersByTime(100);
  expect(call).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  throttled();
  expect(call).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(100);
  expect(call).toHaveBeenCalledTimes(2);
});
