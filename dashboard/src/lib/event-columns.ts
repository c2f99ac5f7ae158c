/** Rows of many thousand events, from the columns in which the API tells them. */

import { parseInstant, type EventRow } from "./event-row";

type Column<Value> = readonly (Value | null)[] | null;

export interface EventColumns {
  readonly count: number;
  readonly from_order: number;
  readonly since: string | null;
  readonly texts: readonly string[];
  readonly event_id: readonly string[];
  readonly parent: Column<number | string>;
  readonly event_type: Column<number>;
  readonly event_subtype: Column<number>;
  readonly name: Column<number>;
  readonly node_id: Column<number>;
  readonly agent_name: Column<number>;
  readonly status: Column<number>;
  readonly started_us: readonly number[];
  readonly ended_us: Column<number>;
  readonly duration_us: Column<number>;
  readonly first_token_us: Column<number>;
  readonly model: Column<number>;
  readonly tokens_in: Column<number>;
  readonly tokens_out: Column<number>;
  readonly cost_nanos: Column<number>;
  readonly ended_by_run: readonly number[];
}

const NANOS_PER_DOLLAR = 1e9;

/** Return a row for each event; `same` gives one object for equal texts. */
export function rowsOfColumns(columns: EventColumns, same: (text: string) => string): EventRow[] {
  const texts = columns.texts.map(same);
  const ids = columns.event_id;
  const text = (column: Column<number>, place: number) => {
    const index = column?.[place] ?? null;
    return index === null ? null : (texts[index] as string);
  };
  const parentOf = (place: number) => {
    const parent = columns.parent?.[place] ?? null;
    return typeof parent === "number" ? (ids[parent] as string) : parent;
  };
  const after = (began: number, column: Column<number>, place: number) => {
    const us = column?.[place] ?? null;
    return us === null ? null : (began + us) / 1_000;
  };
  const endedByRun = new Set(columns.ended_by_run);
  const rows: EventRow[] = [];
  // Whole microseconds, so that adding them up changes none.
  let began = columns.since === null ? 0 : Math.round(parseInstant(columns.since) * 1_000);
  for (let place = 0; place < columns.count; place++) {
    began += columns.started_us[place] as number;
    const durationUs = columns.duration_us?.[place] ?? null;
    const costNanos = columns.cost_nanos?.[place] ?? null;
    const tokensIn = columns.tokens_in?.[place] ?? null;
    const tokensOut = columns.tokens_out?.[place] ?? null;
    rows.push({
      id: ids[place] as string,
      parentId: parentOf(place),
      type: text(columns.event_type, place) ?? "",
      subtype: text(columns.event_subtype, place),
      name: text(columns.name, place),
      nodeId: text(columns.node_id, place),
      agentName: text(columns.agent_name, place),
      status: text(columns.status, place) ?? "",
      startedAt: began / 1_000,
      endedAt: after(began, columns.ended_us, place),
      firstTokenAt: after(began, columns.first_token_us, place),
      durationMs: durationUs === null ? null : durationUs / 1_000,
      model: text(columns.model, place),
      tokensIn,
      tokensOut,
      cost: costNanos === null ? null : costNanos / NANOS_PER_DOLLAR,
      isUnpriced: costNanos === null && (tokensIn ?? 0) + (tokensOut ?? 0) > 0,
      endedByRun: endedByRun.has(place),
      order: columns.from_order + place,
    });
  }
  return rows;
}
