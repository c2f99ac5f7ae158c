/** Events of a run for tests: `sourceOf(9)` answers as the server does for a run of nine, and notes what it was asked. */

import type { Schemas } from "../client";
import type { RunChanges } from "./run-feed";
import type { EventSource } from "./run-events";

export const ZERO = "2026-01-02T03:04:00.000000Z";

export function toldEvent(number: number, more: Record<string, unknown> = {}) {
  return {
    event_id: `e${number}`,
    parent_event_id: null,
    event_type: "tool_call",
    event_subtype: null,
    name: `call ${number}`,
    node_id: null,
    agent_name: null,
    status: "completed",
    started_at: new Date(Date.parse(ZERO) + number).toISOString().replace("Z", "000Z"),
    ended_at: null,
    first_token_at: null,
    duration_ms: 1,
    model: null,
    tokens_in: null,
    tokens_out: null,
    cost: null,
    is_unpriced: false,
    ended_by_run: false,
    sequence: null,
    ...more,
  };
}

export class FakeSource implements EventSource {
  readonly asked: string[] = [];
  /** What is thrown in the place of an answer. */
  failure: Error | null = null;

  constructor(
    public count: number,
    public changeSeq = 1,
  ) {}

  readSpans = async (from: number, limit: number): Promise<Schemas["SpanPageView"]> => {
    this.#note(`spans ${from} ${limit}`);
    const rows = this.#numbers(from, limit).map((number) => toldEvent(number, { kind: "event", depth: 0 }));
    return { event_count: this.count, change_seq: this.changeSeq, rows } as never;
  };

  readColumns = async (from: number, limit: number): Promise<Schemas["SpanColumnsView"]> => {
    this.#note(`columns ${from} ${limit}`);
    const numbers = this.#numbers(from, limit);
    return {
      event_count: this.count,
      change_seq: this.changeSeq,
      from_order: from,
      count: numbers.length,
      since: numbers.length > 0 ? toldEvent(from).started_at : null,
      texts: ["tool_call", "completed", ...numbers.map((number) => `call ${number}`)],
      event_id: numbers.map((number) => `e${number}`),
      event_type: numbers.map(() => 0),
      status: numbers.map(() => 1),
      name: numbers.map((_, place) => place + 2),
      started_us: numbers.map((_, place) => (place === 0 ? 0 : 1_000)),
      duration_us: numbers.map(() => 1_000),
    } as never;
  };

  #numbers(from: number, limit: number): number[] {
    return Array.from(
      { length: Math.max(0, Math.min(limit, this.count - from)) },
      (_, place) => from + place,
    );
  }

  #note(asked: string): void {
    this.asked.push(asked);
    if (this.failure !== null) throw this.failure;
  }
}

export function changesOf(changeSeq: number, events: unknown[], eventCount = 0): RunChanges {
  return { run: { event_count: eventCount }, events, change_seq: changeSeq, after: changeSeq } as never;
}
