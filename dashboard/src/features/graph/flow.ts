/** What the graph draws: boxes and the lines between them, whether it was planned, taken or only seen in calls. */

import type { Dag } from "@/api/run";
import { isEnded, nodeKind, statusWord, type KindWord } from "@/lib/vocabulary";

/** How a line is drawn: as planned and gone, as planned only, as gone without a plan, or as a call. */
export type Way = "taken" | "planned" | "strayed" | "called";

export interface Box {
  readonly id: string;
  readonly name: string;
  readonly kind: KindWord;
  readonly status: string;
  /** The word of its status here: what was not reached by a run that has ended is no longer pending. */
  readonly statusLabel?: string;
  /** Whether anything happened in it. */
  readonly hasRun: boolean;
  readonly nAttempts: number;
  readonly nEvents: number;
  readonly nErrors: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Which of how many executions of its node it is, where each has a box of its own. */
  readonly turn?: { readonly number: number; readonly of: number };
  readonly nodeId?: string;
  /** Whether this is how it was: no clock goes on in it. */
  readonly isPast?: true;
  /** The event to open, where the box is that of an event. */
  readonly eventId?: string;
}

export interface Line {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly way: Way;
  readonly nTaken: number;
  readonly condition: string;
  /** Whether it leads back, so that it does not push its target below its source. */
  readonly isBack: boolean;
}

export interface Flow {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** Return the graph of a run's nodes; of several edges between two nodes one line is drawn for each way. */
export function flowOfDag(dag: Dag, runStatus: string): Flow {
  const isOver = isEnded(runStatus);
  const levels = new Map(dag.nodes.map((node) => [node.node_id, node.level]));
  const boxes = dag.nodes.map((node): Box => {
    const hasRun = node.event_count > 0 || node.started_at !== null;
    return {
      id: node.node_id,
      name: node.name,
      kind: nodeKind(node.node_type),
      status: node.status,
      ...(node.status === "pending" && isOver ? { statusLabel: "Not reached" } : {}),
      hasRun: node.status !== "skipped" && (hasRun || node.status !== "pending"),
      nAttempts: node.attempt_count,
      nEvents: node.event_count,
      nErrors: node.error_count,
      startedAt: node.started_at,
      endedAt: node.ended_at,
      nodeId: node.node_id,
    };
  });
  const isPlanned = dag.edges.some((edge) => edge.is_declared);
  const lines = new Map<string, Line>();
  for (const edge of dag.edges) {
    // How often a node followed itself is told by the number of its executions.
    if (edge.source === edge.target) continue;
    const way: Way = edge.is_declared
      ? edge.is_taken
        ? "taken"
        : "planned"
      : wayBesidePlan(edge.edge_type, isPlanned);
    const id = JSON.stringify([edge.source, edge.target, way]);
    const before = lines.get(id);
    lines.set(id, {
      id,
      source: edge.source,
      target: edge.target,
      way,
      nTaken: edge.taken_count + (before?.nTaken ?? 0),
      condition: [before?.condition, edge.condition].filter(Boolean).join(" · "),
      isBack: (levels.get(edge.target) ?? 0) < (levels.get(edge.source) ?? 0),
    });
  }
  return { boxes, lines: [...lines.values()] };
}

/** Return how a line is drawn that nobody declared; where nothing was, none is off the plan. */
export function wayBesidePlan(edgeType: string, isPlanned: boolean): Way {
  return edgeType === "call" ? "called" : isPlanned ? "strayed" : "taken";
}

/** Return what identifies the shape of a graph: as long as it is the same, nothing has to be laid out again. */
export function shapeOf(flow: Flow): string {
  return JSON.stringify([
    flow.boxes.map((box) => box.id),
    flow.lines.map((line) => [line.id, labelOf(line).length]),
  ]);
}

/** Return what stands on a line: its condition, and how often it was taken, if more than once. */
export function labelOf(line: Line): string {
  const times = line.nTaken > 1 ? `×${line.nTaken}` : "";
  return [line.condition, times].filter(Boolean).join("  ");
}

/** Return where the ways to and from each box lead, for screen readers, who don't see the lines. */
export function describeWays(flow: Flow): ReadonlyMap<string, string> {
  const names = new Map(flow.boxes.map((each) => [each.id, each.name]));
  const before = new Map<string, Set<string>>();
  const after = new Map<string, Set<string>>();
  for (const { source, target } of flow.lines) {
    note(before, target, names.get(source) ?? source);
    note(after, source, names.get(target) ?? target);
  }
  return new Map(
    flow.boxes.map(({ id }) => {
      const [from, to] = [before.get(id), after.get(id)];
      const parts = [from && `after ${[...from].join(", ")}`, to && `before ${[...to].join(", ")}`];
      return [id, parts.filter(Boolean).join(", ")];
    }),
  );
}

/** Return the word for how a box is. */
export function statusLabelOf(box: Box): string {
  return box.statusLabel ?? statusWord(box.status).label;
}

function note(names: Map<string, Set<string>>, id: string, name: string): void {
  const known = names.get(id);
  if (known) known.add(name);
  else names.set(id, new Set([name]));
}
