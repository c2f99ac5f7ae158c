import { expect, it } from "vitest";
import type { Course, Dag } from "@/api/run";
import { flowOfDag } from "./flow";
import { flowOfCalls } from "./call-flow";
import { callsInTime, dagInTime } from "./flow-in-time";

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, "0")}Z`;
const node = (id: string, states: readonly [number, string][]) => ({
  node_id: id,
  name: id,
  node_type: null,
  status: states.at(-1)?.[1] ?? "pending",
  event_count: states.length,
  attempt_count: 1,
  error_count: 0,
  started_at: null,
  ended_at: null,
  level: 0,
  states: states.map(([second, status]) => ({ at: at(second), status })),
});
const dag = {
  nodes: [
    node("a", [
      [1, "running"],
      [2, "completed"],
    ]),
    node("b", [
      [3, "running"],
      [5, "failed"],
    ]),
  ],
  edges: [
    {
      source: "a",
      target: "b",
      edge_type: "sequential",
      condition: "",
      is_declared: true,
      is_taken: true,
      taken_count: 1,
    },
  ],
} as unknown as Dag;
const course = {
  executions: [
    { node_id: "a", started_at: at(1) },
    { node_id: "b", started_at: at(3) },
  ],
  steps: [{ source: 0, target: 1, edge_type: "sequential", is_declared: true }],
} as unknown as Course;

it("shows nodes and ways as they were, in the places of the whole", () => {
  const whole = flowOfDag(dag, "failed");
  const inTime = dagInTime(whole, dag, course);
  const then = (second: number) => {
    const flow = inTime(Date.parse(at(second)));
    return [...flow.boxes.map((box) => box.status), ...flow.lines.map((line) => line.way)];
  };

  expect(then(0)).toEqual(["pending", "pending", "planned"]);
  expect(then(2)).toEqual(["completed", "pending", "planned"]);
  expect(then(4)).toEqual(["completed", "running", "taken"]);
  expect(then(5)).toEqual(["completed", "failed", "taken"]);
  expect(inTime(0).lines.map((line) => line.id)).toEqual(whole.lines.map((line) => line.id));
});

it("lets a box stand for those of its calls that had begun", () => {
  const call = (
    id: string,
    name: string,
    parent: string | null,
    times: [number, number],
    status = "completed",
  ) => ({
    kind: "event" as const,
    event_id: id,
    event_type: "tool_call",
    name,
    parent_event_id: parent,
    started_at: at(times[0]),
    ended_at: at(times[1]),
    status,
  });
  const rows = [
    call("root", "main", null, [0, 9]),
    call("one", "search", "root", [1, 4]),
    call("two", "search", "root", [2, 3], "failed"),
  ] as unknown as Parameters<typeof flowOfCalls>[0];
  const inTime = callsInTime(flowOfCalls(rows), rows);
  const search = (second: number) => {
    const { boxes, lines } = inTime(Date.parse(at(second)));
    const { status, nAttempts, nErrors, eventId } = boxes[1] ?? {};
    return [status, nAttempts, nErrors, eventId, lines[0]?.nTaken];
  };

  expect(search(0).slice(0, 2)).toEqual(["pending", 0]);
  expect(search(1)).toEqual(["running", 1, 0, "one", 1]);
  expect(search(3)).toEqual(["running", 2, 1, "two", 2]);
  expect(search(4)).toEqual(["failed", 2, 1, "two", 2]);
  expect(inTime(Date.parse(at(5))).boxes[1]).toBe(inTime(Date.parse(at(6))).boxes[1]);
});
