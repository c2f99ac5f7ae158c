/** What the graph draws: boxes and the lines between them, whether it was planned, taken or only seen in calls. */

import type { Dag } from "@/api/run";
import { nodeStateOf, ordinal, type NodeState } from "@/lib/node-state";
import { isEnded, nodeKind, statusWord, type KindWord } from "@/lib/vocabulary";

/** How a line is drawn: as planned and gone, as planned only, as gone without a plan, or as a call. */
export type Way = "taken" | "planned" | "strayed" | "called";

export interface Box {
  readonly id: string;
  readonly name: string;
  readonly kind: KindWord;
  readonly status: string;
  /** The word of its status here, and what it means, where they say more: "Ready", "Not reached". */
  readonly statusLabel?: string;
  readonly statusMeaning?: string;
  /** Whether it could begin now. */
  readonly isReady?: boolean;
  readonly requiresApproval?: boolean;
  /** Whether anything happened in it. */
  readonly hasRun: boolean;
  readonly nAttempts: number;
  /** How often it may be tried, where that was declared. */
  readonly mostAttempts?: number;
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
  const levels = new Map(dag.nodes.map((node) => [node.node_id, node.level]));
  const boxes = dag.nodes.map((node): Box => {
    const hasRun = node.event_count > 0 || node.started_at !== null;
    const { label, meaning, isReady } = nodeStateOf(node, runStatus);
    return {
      id: node.node_id,
      name: node.name,
      kind: nodeKind(node.node_type),
      status: node.status,
      statusLabel: label,
      statusMeaning: meaning,
      isReady,
      requiresApproval: node.requires_approval,
      hasRun: node.status !== "skipped" && (hasRun || !["pending", "cancelled"].includes(node.status)),
      nAttempts: node.attempt_count,
      ...(node.max_attempts === null ? {} : { mostAttempts: node.max_attempts }),
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

/** Return where the ways to and from each box lead and how they are drawn, for screen readers, who don't see the lines. */
export function describeWays(flow: Flow): ReadonlyMap<string, string> {
  const names = new Map(flow.boxes.map((each) => [each.id, each.name]));
  const before = new Map<string, Map<string, Way>>();
  const after = new Map<string, Map<string, Way>>();
  for (const { source, target, way } of flow.lines) {
    note(before, target, names.get(source) ?? source, way);
    note(after, source, names.get(target) ?? target, way);
  }
  return new Map(
    flow.boxes.map(({ id }) => {
      const [from, to] = [before.get(id), after.get(id)];
      const parts = [from && `after ${wordsOf(from)}`, to && `before ${wordsOf(to)}`];
      return [id, parts.filter(Boolean).join(", ")];
    }),
  );
}

/** Return how a box stands, in words. */
export function stateOf(box: Box): NodeState {
  const { label, meaning } = statusWord(box.status);
  return {
    status: box.status,
    label: box.statusLabel ?? label,
    meaning: box.statusMeaning ?? meaning,
    isReady: box.isReady ?? false,
  };
}

export interface Badge {
  readonly words: string;
  readonly spoken: string;
  readonly title: string;
}

/** Return what is said of how often a box ran: at which attempt it is, or how many there were; null if once. */
export function badgeOf({ nAttempts, mostAttempts, status, eventId }: Box): Badge | null {
  if (nAttempts <= 1) return null;
  const bound = mostAttempts === undefined ? "" : ` of ${mostAttempts}`;
  // A box that stands for calls has many that go on beside each other.
  if (isEnded(status) || eventId !== undefined) {
    const words = `×${nAttempts}${bound}`;
    const most = mostAttempts === undefined ? "" : `, at most ${mostAttempts}`;
    return { words, spoken: `ran ${words}`, title: `Ran ${nAttempts} times${most}` };
  }
  const words = `${ordinal(nAttempts)} attempt${bound}`;
  return { words, spoken: words, title: words };
}

const MARKS: Readonly<Partial<Record<Way, string>>> = { planned: " (not taken)", strayed: " (not declared)" };
/** Of several lines between two boxes, the one that says most. */
const STRENGTH: readonly Way[] = ["taken", "called", "strayed", "planned"];

function note(ways: Map<string, Map<string, Way>>, id: string, name: string, way: Way): void {
  const known = ways.get(id) ?? new Map<string, Way>();
  const before = known.get(name);
  if (before === undefined || STRENGTH.indexOf(way) < STRENGTH.indexOf(before)) known.set(name, way);
  ways.set(id, known);
}

function wordsOf(ways: ReadonlyMap<string, Way>): string {
  return [...ways].map(([name, way]) => `${name}${MARKS[way] ?? ""}`).join(", ");
}
