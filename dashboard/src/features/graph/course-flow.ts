/** The graph of a run as it ran: a box for each execution of a node, or where nobody named a node, for each event. */

import type { Course, Dag, Spans } from "@/api/run";
import { nodeStateOf } from "@/lib/node-state";
import { eventKind, nodeKind } from "@/lib/vocabulary";
import { wayBesidePlan, type Box, type Flow, type Line } from "./flow";

type EventRow = Extract<Spans["rows"][number], { kind: "event" }>;

/** Return the executions of nodes, which the graph of the run gives their names. */
export function flowOfCourse(course: Course, dag: Dag): Flow {
  const nodes = new Map(dag.nodes.map((node) => [node.node_id, node]));
  const counts = new Map<string, number>();
  for (const { node_id, number } of course.executions) counts.set(node_id, number);
  const boxes = course.executions.map((execution): Box => {
    const node = nodes.get(execution.node_id);
    const { label, meaning } = nodeStateOf(execution, execution.status);
    const of = counts.get(execution.node_id) ?? 1;
    return {
      id: JSON.stringify([execution.node_id, execution.number]),
      name: node?.name ?? execution.node_id,
      kind: nodeKind(node?.node_type ?? null),
      status: execution.status,
      statusLabel: label,
      statusMeaning: meaning,
      hasRun: true,
      nAttempts: 1,
      nEvents: 0,
      nErrors: 0,
      startedAt: execution.started_at,
      endedAt: execution.ended_at,
      nodeId: execution.node_id,
      ...(of > 1 ? { turn: { number: execution.number, of } } : {}),
      ...(execution.event_id === null ? {} : { eventId: execution.event_id }),
    };
  });
  const isPlanned = dag.edges.some((edge) => edge.is_declared);
  const lines = course.steps.flatMap(({ source, target, edge_type, is_declared }): Line[] => {
    const [from, to] = [boxes[source], boxes[target]];
    if (from === undefined || to === undefined) return [];
    // A node that is tried again is on its plan.
    const isOnPlan = is_declared || from.nodeId === to.nodeId;
    const way = isOnPlan && edge_type !== "call" ? "taken" : wayBesidePlan(edge_type, isPlanned);
    return [lineBetween(from.id, to.id, way)];
  });
  return { boxes, lines };
}

/** Return each event with the one that it was called from. */
export function flowOfEvents(rows: readonly Spans["rows"][number][], most: number): Flow {
  const events = rows.filter((row): row is EventRow => row.kind === "event").slice(0, most);
  const known = new Set(events.map((event) => event.event_id));
  return {
    boxes: events.map((event) => ({
      id: event.event_id,
      name: event.name ?? eventKind(event.event_type).label,
      kind: eventKind(event.event_type),
      status: event.status,
      hasRun: true,
      nAttempts: 1,
      nEvents: 1,
      nErrors: 0,
      startedAt: event.started_at,
      endedAt: event.ended_at,
      eventId: event.event_id,
    })),
    lines: events.flatMap((event) => {
      const parent = event.parent_event_id;
      return parent !== null && known.has(parent) ? [lineBetween(parent, event.event_id, "called")] : [];
    }),
  };
}

function lineBetween(source: string, target: string, way: Line["way"]): Line {
  const id = JSON.stringify([source, target, way]);
  return { id, source, target, way, nTaken: 1, condition: "", isBack: false };
}
