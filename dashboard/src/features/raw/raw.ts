/** The lines of a run's events: what stands in each, which are wanted, and as what they are written. Pure. */

import type { EventRow } from "@/lib/event-row";

export interface RawQuery {
  readonly text: string;
  readonly type: string | undefined;
  readonly onlyErrors: boolean;
}

/** Return the rows that are wanted; the same list where all are. */
export function wantedRows(
  rows: readonly EventRow[],
  { text, type, onlyErrors }: RawQuery,
): readonly EventRow[] {
  const wanted = text.toLowerCase();
  if (wanted === "" && type === undefined && !onlyErrors) return rows;
  return rows.filter(
    (row) =>
      (type === undefined || row.type === type) &&
      (!onlyErrors || row.status === "failed") &&
      (wanted === "" ||
        [row.name, row.type, row.status, row.nodeId, row.agentName, row.model, row.id, row.parentId].some(
          (each) => each !== null && each.toLowerCase().includes(wanted),
        )),
  );
}

/** Return the types there are with how many events have them, the commonest first. */
export function typesOf(
  rows: readonly EventRow[],
): readonly { readonly type: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { type } of rows) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count);
}

/** Return what a line tells beside time, type and name, in the words of the API. */
export function restOf(row: EventRow): readonly (readonly [string, string | number])[] {
  const all: readonly (readonly [string, string | number | null])[] = [
    ["event_id", row.id],
    ["parent_event_id", row.parentId],
    ["event_subtype", row.subtype],
    ["node_id", row.nodeId],
    ["agent_name", row.agentName],
    ["model", row.model === row.name ? null : row.model],
    ["duration_ms", row.durationMs],
    ["tokens_in", row.tokensIn],
    ["tokens_out", row.tokensOut],
    ["cost", row.cost],
  ];
  return all.filter((pair): pair is readonly [string, string | number] => pair[1] !== null);
}

/** Return one line of NDJSON; what is not known is left out. */
export function ndjsonOf(row: EventRow): string {
  return JSON.stringify({
    event_id: row.id,
    event_type: row.type,
    ...given("event_subtype", row.subtype),
    ...given("name", row.name),
    status: row.status,
    started_at: instantOf(row.startedAt),
    ...given("ended_at", row.endedAt === null ? null : instantOf(row.endedAt)),
    ...Object.fromEntries(restOf(row).filter(([name]) => name !== "event_id" && name !== "event_subtype")),
    ...given("model", row.model),
  });
}

function given(name: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [name]: value };
}

/** Return an instant as the API writes it, to the microsecond. */
export function instantOf(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.min(999, Math.round((ms - whole) * 1_000));
  return new Date(whole).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
}

/** Put all rows into pieces of NDJSON, each short enough to be one text. */
export function ndjsonPieces(rows: readonly EventRow[], rowsEach = 5_000): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < rows.length; at += rowsEach) {
    pieces.push(
      rows
        .slice(at, at + rowsEach)
        .map((row) => `${ndjsonOf(row)}\n`)
        .join(""),
    );
  }
  return pieces;
}
