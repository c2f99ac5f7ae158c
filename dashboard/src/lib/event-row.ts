/** One event of a run as views of many thousands hold it: no payload, and times as numbers. */

export interface EventRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly type: string;
  readonly subtype: string | null;
  readonly name: string | null;
  readonly nodeId: string | null;
  readonly agentName: string | null;
  readonly status: string;
  /** Milliseconds since 1970, with the microseconds behind the point. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly firstTokenAt: number | null;
  readonly durationMs: number | null;
  readonly model: string | null;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly cost: number | null;
  /** Whether it is a call whose model has no price. */
  readonly isUnpriced: boolean;
  /** Whether nobody recorded its end: it went on when its run ended. */
  readonly endedByRun: boolean;
  /** Its place in execution order. */
  readonly order: number;
}

/** An event as the API tells it, in whichever of its lists. */
export interface ToldEvent {
  readonly event_id: string;
  readonly parent_event_id: string | null;
  readonly event_type: string;
  readonly event_subtype: string | null;
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
  readonly is_unpriced: boolean;
  readonly ended_by_run: boolean;
}

export function eventRow(told: ToldEvent, order: number, same: (text: string) => string): EventRow {
  const shared = (text: string | null) => (text === null ? null : same(text));
  const instant = (at: string | null) => (at === null ? null : parseInstant(at));
  return {
    id: told.event_id,
    parentId: told.parent_event_id,
    type: same(told.event_type),
    subtype: shared(told.event_subtype),
    name: shared(told.name),
    nodeId: shared(told.node_id),
    agentName: shared(told.agent_name),
    status: same(told.status),
    startedAt: parseInstant(told.started_at),
    endedAt: instant(told.ended_at),
    firstTokenAt: instant(told.first_token_at),
    durationMs: told.duration_ms,
    model: shared(told.model),
    tokensIn: told.tokens_in,
    tokensOut: told.tokens_out,
    cost: told.cost,
    isUnpriced: told.is_unpriced,
    endedByRun: told.ended_by_run,
    order,
  };
}

/** Return an instant in milliseconds; unlike `Date.parse` it keeps microseconds. */
export function parseInstant(at: string): number {
  const ms = Date.parse(at);
  const digits = /\.\d{3}(\d{1,3})/.exec(at)?.[1];
  return digits === undefined ? ms : ms + Number(digits.padEnd(3, "0")) / 1_000;
}

/** How a row is called: by its name, else by what ran, else by its type. */
export function titleOf(row: EventRow): string {
  return row.name ?? row.model ?? row.agentName ?? row.nodeId ?? row.type;
}

/** Return a function that gives the same object for equal texts, so that 100,000 rows hold each name once. */
export function sharing(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same !== undefined) return same;
    known.set(text, text);
    return text;
  };
}
