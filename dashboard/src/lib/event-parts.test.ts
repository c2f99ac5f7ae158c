import { expect, test } from "vitest";
import { partsOf, type RecordedEvent } from "./event-parts";

const EVENT: RecordedEvent = {
  event_type: "step",
  event_subtype: null,
  name: "a step",
  agent_name: "planner",
  inputs: { q: 1 },
  outputs: { a: 2 },
  attributes: { x: 3 },
};

test("an event that is nothing of a workflow is shown as it is", () => {
  expect(partsOf(EVENT)).toEqual({
    code: null,
    texts: [],
    exitCode: null,
    diffs: [],
    handoff: null,
    reference: null,
    transition: null,
    attempt: null,
    maxAttempts: null,
    inputs: { q: 1 },
    outputs: { a: 2 },
    attributes: { x: 3 },
  });
});

test("of code its text, what it wrote and how it ended are told apart from the rest", () => {
  const parts = partsOf({
    ...EVENT,
    event_type: "code_exec",
    inputs: { language: "Python", code: "1 / 0" },
    outputs: { stdout: "", stderr: "ZeroDivisionError\n", exit_code: 1, plots: 2 },
  });
  expect(parts.code).toMatchObject({ code: "1 / 0", language: "python" });
  expect(parts.texts).toEqual([{ name: "stderr", text: "ZeroDivisionError\n" }]);
  expect(parts.exitCode).toBe(1);
  expect([parts.inputs, parts.outputs]).toEqual([null, { plots: 2 }]);
});

test("changed files of any event are told, and stay in the attributes where they are no diffs", () => {
  const diffs = [{ path: "a.py", diff: "@@ -1 +1 @@\n-a\n+b\n" }];
  expect(partsOf({ ...EVENT, attributes: { diffs, x: 3 } })).toMatchObject({ diffs, attributes: { x: 3 } });
  const odd = { diffs: [...diffs, { path: 1 }] };
  expect(partsOf({ ...EVENT, attributes: odd })).toMatchObject({ diffs: [], attributes: odd });
});

test("a handoff tells who gives to whom, also where only its name and its agent do", () => {
  const handoff = { ...EVENT, event_type: "handoff", name: "writer" };
  expect(
    partsOf({ ...handoff, inputs: { sender: "planner", recipient: "writer", reason: "done", n: 1 } }),
  ).toMatchObject({
    handoff: { sender: "planner", recipient: "writer", reason: "done", context: null },
    inputs: { n: 1 },
  });
  expect(partsOf({ ...handoff, inputs: ["a"] })).toMatchObject({
    handoff: { sender: "planner", recipient: "writer" },
    inputs: ["a"],
  });
});

test("a checkpoint tells where what is needed was put", () => {
  const checkpoint = { ...EVENT, event_type: "info", event_subtype: "checkpoint" };
  expect(partsOf({ ...checkpoint, outputs: { reference: "s3://a", step: 3 } })).toMatchObject({
    reference: "s3://a",
    outputs: { step: 3 },
  });
  expect(partsOf({ ...checkpoint, outputs: { step: 3 } })).toMatchObject({
    reference: null,
    outputs: { step: 3 },
  });
});

test("a change of state tells from what to what, who did it and why", () => {
  const attributes = { reason: "it was late", transitioned_by: "Ada" };
  const change = {
    ...EVENT,
    event_type: "state_transition",
    inputs: { from: "running", to: "failed" },
    attributes,
  };
  expect(partsOf(change)).toMatchObject({
    transition: { from: "running", to: "failed", who: "Ada", why: "it was late" },
    inputs: null,
  });
  expect(partsOf({ ...change, inputs: "enough" })).toMatchObject({ transition: null, inputs: "enough" });
});

test("an approval leaves what its questions and answers don't tell", () => {
  const approval = {
    ...EVENT,
    event_type: "approval_requested",
    inputs: { question: "May I?", options: ["yes"], context: { to: "all" }, n: 1 },
    outputs: { option: "yes", feedback: null, answered_by: "Ada", answered_at: "2026-01-02T03:04:05Z" },
  };
  expect(partsOf(approval)).toMatchObject({ inputs: { n: 1 }, outputs: null });
  expect(partsOf({ ...approval, inputs: { to: "all" }, outputs: { by: "Ada" } })).toMatchObject({
    inputs: { to: "all" },
    outputs: { by: "Ada" },
  });
});

test("only a count is an attempt", () => {
  expect(partsOf({ ...EVENT, attributes: { attempt: 2, max_attempts: 3 } })).toMatchObject({
    attempt: 2,
    maxAttempts: 3,
  });
  expect(partsOf({ ...EVENT, attributes: { attempt: "again" } }).attempt).toBeNull();
});
