import { expect, test } from "vitest";
import type { PlanStep } from "@/api/run";
import { countStates, detailsOf, isFormer } from "./plan";

const step = (fields: Partial<PlanStep>) => fields as PlanStep;

test("details are points, a text, or data", () => {
  expect(detailsOf(["one", { two: 2 }])).toEqual({ kind: "points", points: ["one", '{"two":2}'] });
  expect(detailsOf("so")).toEqual({ kind: "text", text: "so" });
  expect(detailsOf({ depth: 2 })).toEqual({ kind: "data", text: '{\n  "depth": 2\n}' });
  expect([null, undefined, "", []].map(detailsOf)).toEqual([null, null, null, null]);
});

test("a step is of a former plan where its version is over", () => {
  const plan = { run_id: "run-1", version: 2, progress: null, steps: [] };
  expect(isFormer(step({ plan_version: 1 }), plan)).toBe(true);
  expect(isFormer(step({ plan_version: 2 }), plan)).toBe(false);
  expect(isFormer(step({ plan_version: null }), plan)).toBe(false);
});

test("states are counted by what they are called", () => {
  const steps = [
    step({ status: "completed" }),
    step({ status: "pending", is_ready: true }),
    step({ status: "pending", is_ready: false }),
    step({ status: "completed" }),
  ];
  expect(countStates(steps, "executing")).toEqual([
    { label: "Completed", count: 2 },
    { label: "Ready", count: 1 },
    { label: "Pending", count: 1 },
  ]);
});
