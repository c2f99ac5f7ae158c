/** The graph of a run as it was at a moment: the same boxes and lines, in the states that they were in. */

import type { Course, Dag, Spans } from "@/api/run";
import { countUpTo, History, ItemsInTime } from "@/lib/playhead";
import { isEnded } from "@/lib/vocabulary";
import type { Box, Flow, Line } from "./flow";

export type FlowAt = (moment: number) => Flow;
type Row = Spans["rows"][number];
type EventRow = Extract<Row, { kind: "event" }>;

/** Return what shows the graph of nodes at a moment; `course` tells when which way was taken. */
export function dagInTime(whole: Flow, dag: Dag, course: Course): FlowAt {
  const begun = new Map<string, number[]>();
  for (const { node_id, started_at } of course.executions) push(begun, node_id, Date.parse(started_at));
  const histories = new Map<string, History<Box>>();
  const boxes = new Map(whole.boxes.map((box) => [box.id, box]));
  for (const node of dag.nodes) {
    const box = boxes.get(node.node_id);
    if (box === undefined) continue;
    const states = new History(
      (node.states ?? []).map(({ at, status }) => ({ at: Date.parse(at), state: status })),
    );
    const starts = (begun.get(node.node_id) ?? []).sort((a, b) => a - b);
    const times = [...new Set([...states.times, ...starts])];
    const changes = times.map((at) => ({ at, state: boxAt(box, states, starts, at) }));
    histories.set(node.node_id, new History(changes));
  }
  const taken = timesTaken(course);
  const declared = new Set(
    dag.edges.filter((edge) => edge.is_declared).map((edge) => pairOf(edge.source, edge.target)),
  );
  return (moment) => ({
    boxes: whole.boxes.map((box) => stillGoingOn(histories.get(box.id)?.at(moment) ?? unbegun(box), moment)),
    lines: whole.lines.flatMap((line): Line[] => {
      const pair = pairOf(line.source, line.target);
      const nTaken = countUpTo(taken.get(`${line.way === "called"} ${pair}`) ?? [], moment);
      if (nTaken > 0) return [nTaken >= line.nTaken ? line : { ...line, nTaken }];
      if (line.way === "planned") return [line];
      const isPlanned = line.way === "taken" && declared.has(pair);
      return isPlanned ? [{ ...line, way: "planned", nTaken: 0 }] : [];
    }),
  });
}

function boxAt(box: Box, states: History<string>, starts: readonly number[], at: number): Box {
  const status = states.at(at) ?? "pending";
  const nAttempts = countUpTo(starts, at);
  const first = starts[0] ?? states.times.find((time) => states.at(time) !== "pending");
  const hasBegun = first !== undefined && first <= at;
  const { statusLabel: _label, statusMeaning: _meaning, isReady: _ready, ...rest } = box;
  return {
    ...rest,
    status,
    hasRun: status !== "skipped" && status !== "pending",
    nAttempts,
    nErrors: 0,
    startedAt: hasBegun ? new Date(first).toISOString() : null,
    endedAt: isEnded(status) ? new Date(at).toISOString() : null,
    isPast: true,
  };
}

/** Return when the run went from one node to the next, by both and by whether that was a call. */
function timesTaken(course: Course): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>();
  for (const { source, target, edge_type } of course.steps) {
    const [from, to] = [course.executions[source], course.executions[target]];
    if (from === undefined || to === undefined) continue;
    push(times, `${edge_type === "call"} ${pairOf(from.node_id, to.node_id)}`, Date.parse(to.started_at));
  }
  for (const each of times.values()) each.sort((a, b) => a - b);
  return times;
}

/** Return what shows boxes that each stand for something with a beginning and an end. */
export function boxesInTime(whole: Flow): FlowAt {
  const histories = new Map(
    whole.boxes.map((box) => {
      const changes = [];
      if (box.startedAt !== null) {
        const state: Box = { ...box, status: "running", endedAt: null, isPast: true };
        changes.push({ at: Date.parse(box.startedAt), state });
      }
      if (box.endedAt !== null) changes.push({ at: Date.parse(box.endedAt), state: box });
      return [box.id, new History(changes)];
    }),
  );
  return (moment) =>
    flowOfBegun(whole, (box) => {
      const then = histories.get(box.id)?.at(moment);
      return then && stillGoingOn(then, moment);
    });
}

/** Return what shows a graph that is made of events: it is made anew of those that had begun, once it is of others. */
export function eventsInTime(
  whole: Flow,
  rows: readonly Row[],
  make: (rows: readonly Row[]) => Flow,
): FlowAt {
  const events = new ItemsInTime(
    rows.flatMap((row) => (row.kind === "event" ? [row] : [])),
    {
      begin: (row) => Date.parse(row.started_at),
      end: (row) => (row.ended_at === null ? Infinity : Date.parse(row.ended_at)),
      whileOpen: (row): EventRow => ({ ...row, status: "running", ended_at: null }),
    },
  );
  let made: { readonly of: readonly EventRow[]; readonly flow: Flow } | undefined;
  return (moment) => {
    const begun = events.at(moment);
    if (made?.of !== begun) made = { of: begun, flow: make(begun) };
    const boxes = new Map(made.flow.boxes.map((box) => [box.id, { ...box, isPast: true } as const]));
    const lines = new Map(made.flow.lines.map((line) => [line.id, line]));
    const flow = flowOfBegun(whole, (box) => {
      const known = boxes.get(box.id);
      return known && stillGoingOn(known, moment);
    });
    return { ...flow, lines: flow.lines.flatMap((line) => lines.get(line.id) ?? []) };
  };
}

/** Return a graph with the boxes that had begun as they were, and the lines that lead to such. */
function flowOfBegun(whole: Flow, then: (box: Box) => Box | undefined): Flow {
  const begun = new Set<string>();
  const boxes = whole.boxes.map((box) => {
    const known = then(box);
    if (known !== undefined) begun.add(box.id);
    return known ?? unbegun(box);
  });
  return { boxes, lines: whole.lines.filter((line) => begun.has(line.source) && begun.has(line.target)) };
}

const unbegunBoxes = new WeakMap<Box, Box>();

function unbegun(box: Box): Box {
  const known = unbegunBoxes.get(box);
  if (known !== undefined) return known;
  const { statusLabel: _label, statusMeaning: _meaning, isReady: _ready, ...rest } = box;
  const made: Box = {
    ...rest,
    status: "pending",
    hasRun: false,
    nAttempts: 0,
    nErrors: 0,
    startedAt: null,
    endedAt: null,
    isPast: true,
  };
  unbegunBoxes.set(box, made);
  return made;
}

/** Return a box with how long it had been going on. */
function stillGoingOn(box: Box, moment: number): Box {
  if (box.startedAt === null || box.endedAt !== null) return box;
  return { ...box, endedAt: new Date(moment).toISOString() };
}

function pairOf(source: string, target: string): string {
  return JSON.stringify([source, target]);
}

function push(lists: Map<string, number[]>, key: string, value: number): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}
