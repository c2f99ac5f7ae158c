/** The graph of a run in which nobody named a node: what called what, with one box for all that is called the same. */

import type { Spans } from "@/api/run";
import { eventKind } from "@/lib/vocabulary";
import type { Box, Flow, Line } from "./flow";

type Row = Spans["rows"][number];
export type EventRow = Extract<Row, { kind: "event" }>;

/** Return what called what. A box opens its first failed event, or its first. */
export function flowOfCalls(rows: readonly Row[]): Flow {
  const { ofBoxes, ofLines } = groupCalls(rows);
  const order = new Map([...ofBoxes.keys()].map((id, place) => [id, place]));
  const lines = [...ofLines].map(([id, calls]): Line => {
    const [source, target] = JSON.parse(id) as [string, string];
    const isBack = (order.get(target) ?? 0) < (order.get(source) ?? 0);
    return { id, source, target, way: "called", nTaken: calls.length, condition: "", isBack };
  });
  return { boxes: [...ofBoxes].map(([id, group]) => makeBox(id, group)), lines };
}

/** Return the events that each box stands for, and those that were called along each line, by their ids. */
export function groupCalls(rows: readonly Row[]): {
  readonly ofBoxes: ReadonlyMap<string, readonly EventRow[]>;
  readonly ofLines: ReadonlyMap<string, readonly EventRow[]>;
} {
  const events = rows.filter((row): row is EventRow => row.kind === "event");
  const boxOf = new Map(events.map((event) => [event.event_id, idOf(event)]));
  const ofBoxes = new Map<string, EventRow[]>();
  const ofLines = new Map<string, EventRow[]>();
  for (const event of events) {
    const source = event.parent_event_id === null ? undefined : boxOf.get(event.parent_event_id);
    const target = idOf(event);
    push(ofBoxes, target, event);
    if (source !== undefined && source !== target) push(ofLines, JSON.stringify([source, target]), event);
  }
  return { ofBoxes, ofLines };
}

function push(groups: Map<string, EventRow[]>, id: string, event: EventRow): void {
  const group = groups.get(id);
  if (group) group.push(event);
  else groups.set(id, [event]);
}

function idOf(event: EventRow): string {
  return JSON.stringify([event.event_type, event.name ?? ""]);
}

function makeBox(id: string, events: readonly EventRow[]): Box {
  const first = events[0] as EventRow;
  const failed = events.filter((event) => event.status === "failed");
  const isRunning = events.some((event) => event.status === "running");
  const ends = events.flatMap((event) => (event.ended_at === null ? [] : [event.ended_at])).sort();
  return {
    id,
    name: first.name ?? eventKind(first.event_type).label,
    kind: eventKind(first.event_type),
    status: isRunning ? "running" : failed.length > 0 ? "failed" : first.status,
    hasRun: true,
    nAttempts: events.length,
    nEvents: events.length,
    nErrors: failed.length,
    startedAt: first.started_at,
    endedAt: isRunning ? null : (ends.at(-1) ?? null),
    eventId: (failed[0] ?? first).event_id,
  };
}
