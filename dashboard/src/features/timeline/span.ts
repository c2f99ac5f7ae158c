/** An event as the timeline keeps it: small, since there may be a hundred thousand, with times relative to the run's. */

import { eventKind } from "@/lib/vocabulary";

/** What is read of an event; rows of `/spans` and events of the live feed both have it. */
export interface SpanSource {
  readonly event_id: string;
  readonly parent_event_id: string | null;
  readonly event_type: string;
  readonly name: string | null;
  readonly node_id: string | null;
  readonly agent_name: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly first_token_at: string | null;
  readonly duration_ms: number | null;
  readonly model: string | null;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly cost: number | null;
}

export interface Span {
  readonly id: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly name: string;
  readonly status: string;
  /** Milliseconds since the zero of the run, with microseconds behind the point. */
  readonly start: number;
  /** Null while it goes on; an event without a length ends when it starts. */
  readonly end: number | null;
  readonly firstToken: number | null;
  readonly model: string | null;
  readonly tokens: number | null;
  readonly cost: number | null;
}

export class SpanReader {
  readonly #zeroUs: number;
  // Names, types and models are few, and each row has its own copy of them.
  readonly #texts = new Map<string, string>();

  constructor(zero: string) {
    this.#zeroUs = microseconds(zero);
  }

  read(source: SpanSource): Span {
    const start = this.#ms(source.started_at);
    const end = this.#endOf(source, start);
    const tokens = (source.tokens_in ?? 0) + (source.tokens_out ?? 0);
    return {
      id: source.event_id,
      parentId: source.parent_event_id,
      type: this.#text(source.event_type),
      name: this.#text(source.name ?? source.model ?? eventKind(source.event_type).label),
      status: this.#text(source.status),
      start,
      end,
      firstToken: source.first_token_at === null ? null : this.#ms(source.first_token_at),
      model: source.model === null ? null : this.#text(source.model),
      tokens: source.tokens_in === null && source.tokens_out === null ? null : tokens,
      cost: source.cost,
    };
  }

  #endOf(source: SpanSource, start: number): number | null {
    if (source.ended_at !== null) return Math.max(start, this.#ms(source.ended_at));
    if (source.duration_ms !== null) return start + source.duration_ms;
    return source.status === "running" ? null : start;
  }

  #ms(instant: string): number {
    return (microseconds(instant) - this.#zeroUs) / 1_000;
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** Return an instant as microseconds; `Date.parse` leaves out what is behind the third digit. */
export function microseconds(instant: string): number {
  const behind = instant.slice(23, 26);
  return Date.parse(instant) * 1_000 + (/^\d{3}$/.test(behind) ? Number(behind) : 0);
}

/** Tell whether an event is a moment rather than a stretch of time. */
export function isMoment(span: Span): boolean {
  return span.end !== null && span.end === span.start;
}
