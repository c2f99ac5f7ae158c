import { expect, test } from "vitest";
import { attemptsOf, nodeStateOf, ordinal } from "./node-state";

test("attempts are told where there is more to say than once", () => {
  expect(attemptsOf(0, null, "pending")).toBeNull();
  expect(attemptsOf(0, 3, "pending")).toBe("At most 3 attempts");
  expect(attemptsOf(1, null, "completed")).toBeNull();
  expect(attemptsOf(1, 1, "completed")).toBeNull();
  expect(attemptsOf(1, 3, "running")).toBe("1st attempt of 3");
  expect(attemptsOf(2, null, "running")).toBe("2nd attempt");
  expect(attemptsOf(2, 3, "completed")).toBe("2 of 3 attempts");
  expect(attemptsOf(4, null, "failed")).toBe("4 attempts");
});

test("ordinals read well beyond ten", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "13th",
    "21st",
    "102nd",
    "111th",
  ]);
});

test("a node that waits for nothing is ready only while the run goes on", () => {
  const node = { status: "pending", is_ready: true };
  expect(nodeStateOf(node, "executing")).toMatchObject({ label: "Ready", isReady: true });
  expect(nodeStateOf(node, "lost")).toMatchObject({ label: "Not reached", isReady: false });
  expect(nodeStateOf({ status: "pending" }, "executing").label).toBe("Pending");
});
