import { expect, test } from "vitest";
import { firstError } from "./first-error";

const event = (event_id: string, parent_event_id: string | null = null) => ({ event_id, parent_event_id });

test("the first error is one that no other error is below", () => {
  expect(firstError([event("root"), event("step", "root"), event("call", "step"), event("later")])).toBe(
    "call",
  );
});

test("a circle of parents still has a first error", () => {
  expect(firstError([event("one", "other"), event("other", "one")])).toBe("one");
});

test("where nothing failed there is none", () => {
  expect(firstError([])).toBeUndefined();
});
