import { expect, test } from "vitest";
import type { Dag } from "@/api/run";
import { badgeOf, describeWays, flowOfDag, labelOf, shapeOf, stateOf } from "./flow";
import { flowOfCalls } from "./call-flow";
import { flowOfCourse, flowOfEvents } from "./course-flow";

type Node = Dag["nodes"][number];
type Edge = Dag["edges"][number];

function node(node_id: string, level: number, fields: Partial<Node> = {}): Node {
  return {
    node_id,
    name: node_id.toUpperCase(),
    node_type: null,
    status: "completed",
    agent_name: null,
    goal: null,
    order_index: null,
    parent_node_id: null,
    started_at: "2026-01-02T03:04:05Z",
    ended_at: "2026-01-02T03:04:06Z",
    event_count: 1,
    error_count: 0,
    error: null,
    metadata: {},
    level,
    place: level,
    attempt_count: 1,
    details: null,
    requires_approval: false,
    max_attempts: null,
    plan_version: null,
    ended_by_run: false,
    is_ready: false,
    ...fields,
  };
}

function edge(source: string, target: string, fields: Partial<Edge> = {}): Edge {
  const isTaken = (fields.taken_count ?? 0) > 0;
  return {
    source,
    target,
    edge_type: "sequential",
    condition: "",
    metadata: {},
    is_declared: true,
    is_taken: isTaken,
    taken_count: 0,
    is_back: false,
    ...fields,
  };
}

function dag(nodes: Node[], edges: Edge[]): Dag {
  return { run_id: "run-1", node_count: nodes.length, edge_count: edges.length, nodes, edges };
}

const unreached = { status: "pending", event_count: 0, started_at: null, ended_at: null } as const;

test("lines tell what was planned, what was gone, and both", () => {
  const { lines } = flowOfDag(
    dag(
      [node("a", 0), node("b", 1), node("c", 1), node("d", 2)],
      [
        edge("a", "b", { taken_count: 1 }),
        edge("a", "c"),
        edge("b", "d", { is_declared: false, taken_count: 2 }),
        edge("a", "d", { is_declared: false, taken_count: 3, edge_type: "call" }),
      ],
    ),
    "completed",
  );
  expect(lines.map((line) => [line.source, line.target, line.way])).toEqual([
    ["a", "b", "taken"],
    ["a", "c", "planned"],
    ["b", "d", "strayed"],
    ["a", "d", "called"],
  ]);
});

test("edges between the same nodes make one line, and a node that follows itself none", () => {
  const { lines } = flowOfDag(
    dag(
      [node("a", 0), node("b", 1)],
      [
        edge("a", "b", { condition: "yes" }),
        edge("a", "b", { condition: "perhaps" }),
        edge("a", "a", { is_declared: false, taken_count: 5 }),
      ],
    ),
    "executing",
  );
  expect(lines.map(labelOf)).toEqual(["yes · perhaps"]);
});

test("where no edge is declared, none is off the plan", () => {
  const { lines } = flowOfDag(
    dag(
      [node("a", 0), node("b", 1)],
      [
        edge("a", "b", { is_declared: false, taken_count: 1 }),
        edge("b", "a", { is_declared: false, taken_count: 1, edge_type: "call" }),
      ],
    ),
    "completed",
  );
  expect(lines.map((line) => line.way)).toEqual(["taken", "called"]);
});

test("what was skipped has not run, though an event says so", () => {
  const { boxes } = flowOfDag(dag([node("a", 0, { status: "skipped" })], []), "completed");
  expect(boxes[0]?.hasRun).toBe(false);
});

test("what a run that has ended did not reach is no longer pending", () => {
  const graph = dag([node("a", 0), node("b", 1, unreached)], []);
  expect(flowOfDag(graph, "executing").boxes[1]).toMatchObject({ hasRun: false, status: "pending" });
  expect(flowOfDag(graph, "failed").boxes[1]?.statusLabel).toBe("Not reached");
});

test("what could begin now is ready, and what the run ended says so", () => {
  const graph = dag(
    [
      node("a", 0, { ...unreached, is_ready: true }),
      node("b", 1, { status: "cancelled", ended_by_run: true }),
    ],
    [],
  );
  const [ready, ended] = flowOfDag(graph, "executing").boxes.map(stateOf);
  expect(ready).toMatchObject({ label: "Ready", isReady: true });
  expect(ended?.label).toBe("Cancelled by the run");
  expect(flowOfDag(graph, "failed").boxes.map(stateOf)[0]).toMatchObject({
    label: "Not reached",
    isReady: false,
  });
});

test("what was cancelled before it began has not run", () => {
  const graph = dag([node("a", 0, { ...unreached, status: "cancelled" })], []);
  expect(flowOfDag(graph, "executing").boxes[0]?.hasRun).toBe(false);
});

test("a badge tells the attempt while it goes on, and how many there were after", () => {
  const words = (fields: Partial<Node>) =>
    flowOfDag(dag([node("a", 0, fields)], []), "executing").boxes.map((box) => badgeOf(box)?.words)[0];
  expect(words({ attempt_count: 1, status: "running" })).toBeUndefined();
  expect(words({ attempt_count: 2, status: "running" })).toBe("2nd attempt");
  expect(words({ attempt_count: 2, status: "waiting_approval", max_attempts: 3 })).toBe("2nd attempt of 3");
  expect(words({ attempt_count: 3 })).toBe("×3");
  expect(words({ attempt_count: 3, status: "failed", max_attempts: 3 })).toBe("×3 of 3");
});

test("a graph keeps its shape while only states change", () => {
  const before = flowOfDag(dag([node("a", 0, unreached), node("b", 1)], [edge("a", "b")]), "executing");
  const after = flowOfDag(dag([node("a", 0), node("b", 1)], [edge("a", "b")]), "completed");
  const more = flowOfDag(dag([node("a", 0), node("b", 1), node("c", 2)], [edge("a", "b")]), "completed");
  expect(shapeOf(after)).toBe(shapeOf(before));
  expect(shapeOf(more)).not.toBe(shapeOf(before));
});

test("the neighbours of a box are told, each once, and whether the way there was planned and taken", () => {
  const flow = flowOfDag(
    dag(
      [node("a", 0), node("b", 1), node("c", 2), node("d", 3)],
      [
        edge("a", "b", { edge_type: "optional" }),
        edge("a", "b", { taken_count: 1 }),
        edge("b", "c"),
        edge("a", "d", { is_declared: false, taken_count: 1 }),
      ],
    ),
    "completed",
  );
  expect([...describeWays(flow).values()]).toEqual([
    "before B, D (not declared)",
    "after A, before C (not taken)",
    "after B (not taken)",
    "after A (not declared)",
  ]);
});

test("as it ran, each execution is a box that opens its event, and steps are lines", () => {
  const execution = (node_id: string, number: number, event_id: string | null = `${node_id}${number}`) => ({
    node_id,
    number,
    event_id,
    status: "completed",
    started_at: "2026-01-02T03:04:05Z",
    ended_at: "2026-01-02T03:04:06Z",
    ended_by_run: false,
  });
  const step = (source: number, target: number, is_declared: boolean, edge_type = "sequential") => ({
    source,
    target,
    is_declared,
    edge_type,
  });
  const { boxes, lines } = flowOfCourse(
    {
      run_id: "run-1",
      execution_count: 4,
      executions: [execution("a", 1), execution("b", 1), execution("a", 2), execution("c", 1, null)],
      steps: [step(0, 1, true), step(1, 2, false), step(2, 3, false, "call")],
    },
    dag([node("a", 0), node("b", 1), node("c", 2)], [edge("a", "b", { taken_count: 1 })]),
  );
  expect(boxes.map((box) => [box.name, box.turn, box.nodeId, box.eventId])).toEqual([
    ["A", { number: 1, of: 2 }, "a", "a1"],
    ["B", undefined, "b", "b1"],
    ["A", { number: 2, of: 2 }, "a", "a2"],
    ["C", undefined, "c", undefined],
  ]);
  const names = new Map(boxes.map((box, place) => [box.id, place]));
  expect(lines.map((line) => [names.get(line.source), names.get(line.target), line.way])).toEqual([
    [0, 1, "taken"],
    [1, 2, "strayed"],
    [2, 3, "called"],
  ]);
});

test("without nodes, what is called the same is one box, and opens what failed in it", () => {
  const call = (event_id: string, parent_event_id: string | null, name: string, status = "completed") =>
    ({
      kind: "event",
      event_id,
      parent_event_id,
      event_type: parent_event_id ? "tool_call" : "agent_call",
      name,
      status,
      started_at: "2026-01-02T03:04:05Z",
      ended_at: "2026-01-02T03:04:06Z",
    }) as Parameters<typeof flowOfCalls>[0][number];
  const rows = [
    call("root", null, "planner"),
    call("one", "root", "search"),
    call("two", "root", "search", "failed"),
  ];
  const { boxes, lines } = flowOfCalls(rows);
  expect(boxes.map((box) => [box.name, box.nAttempts, box.status, box.eventId])).toEqual([
    ["planner", 1, "completed", "root"],
    ["search", 2, "failed", "two"],
  ]);
  expect(lines.map((line) => [line.way, line.nTaken])).toEqual([["called", 2]]);

  const ran = flowOfEvents(rows, 2);
  expect(ran.boxes.map((box) => box.eventId)).toEqual(["root", "one"]);
  expect(ran.lines.map((line) => [line.source, line.target])).toEqual([["root", "one"]]);
});
