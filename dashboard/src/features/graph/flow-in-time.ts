/** The graph of a run as it was at a moment: the same boxes and lines, in the states that they were in. */

import type { Course, Dag, Spans } from "@/api/run";
import { countUpTo, History } from "@/lib/playhead";
import { isEnded } from "@/lib/vocabulary";
import { groupCalls, type EventRow } from "./call-flow";
import type { Box, Flow, Line } from "./flow";

export type FlowAt = (moment: number) => Flow;
type Row = Spans["rows"][number];

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
  const ways = whole.lines.map((line) => {
    const pair = pairOf(line.source, line.target);
    const times = taken.get(`${line.way === "called"} ${pair}`) ?? [];
    return { line, times, isPlanned: line.way === "taken" && declared.has(pair) };
  });
  return (moment) => ({
    boxes: whole.boxes.map((box) => stillGoingOn(histories.get(box.id)?.at(moment) ?? unbegun(box), moment)),
    lines: ways.flatMap(({ line, times, isPlanned }): Line[] => {
      const nTaken = countUpTo(times, moment);
      if (nTaken > 0) return [nTaken >= line.nTaken ? line : { ...line, nTaken }];
      if (line.way === "planned") return [line];
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

/** Return what shows the graph of calls: a box stands for those of its calls that had begun. */
export function callsInTime(whole: Flow, rows: readonly Row[]): FlowAt {
  const { ofBoxes, ofLines } = groupCalls(rows);
  const histories = new Map(
    whole.boxes.map((box) => [box.id, historyOfCalls(box, ofBoxes.get(box.id) ?? [])]),
  );
  const called = new Map(
    [...ofLines].map(([id, calls]) => [
      id,
      calls.map(({ started_at }) => Date.parse(started_at)).sort((a, b) => a - b),
    ]),
  );
  return (moment) => {
    const flow = flowOfBegun(whole, (box) => {
      const then = histories.get(box.id)?.at(moment);
      return then && stillGoingOn(then, moment);
    });
    const lines = flow.lines.flatMap((line) => {
      const nTaken = countUpTo(called.get(line.id) ?? [], moment);
      return nTaken === 0 ? [] : [nTaken === line.nTaken ? line : { ...line, nTaken }];
    });
    return { ...flow, lines };
  };
}

/** Return what a box was after each beginning and each end of its calls, which are in the order of the run. */
function historyOfCalls(whole: Box, calls: readonly EventRow[]): History<Box> {
  const changes = calls
    .flatMap((call, place) => {
      const begin = { at: Date.parse(call.started_at), call, place, isEnd: false };
      return call.ended_at === null
        ? [begin]
        : [begin, { at: Date.parse(call.ended_at), call, place, isEnd: true }];
    })
    .sort((a, b) => a.at - b.at);
  let [nBegun, nEnded, nErrors] = [0, 0, 0];
  let [first, firstFailed] = [Infinity, Infinity];
  return new History(
    changes.map(({ at, call, place, isEnd }) => {
      if (isEnd) nEnded += 1;
      else nBegun += 1;
      if (!isEnd) first = Math.min(first, place);
      if (isEnd && call.status === "failed") {
        nErrors += 1;
        firstFailed = Math.min(firstFailed, place);
      }
      const isRunning = nBegun > nEnded;
      const begun = calls[first] ?? call;
      const state: Box = {
        ...whole,
        status: isRunning ? "running" : nErrors > 0 ? "failed" : begun.status,
        nAttempts: nBegun,
        nEvents: nBegun,
        nErrors,
        startedAt: begun.started_at,
        endedAt: isRunning ? null : new Date(at).toISOString(),
        eventId: (calls[firstFailed] ?? begun).event_id,
        isPast: true,
      };
      return { at, state };
    }),
  );
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
