/** Where the trouble of a run, or of a node of it, began. */

interface Row {
  /** Lists that have no groups do not tell it. */
  readonly kind?: "event" | "group";
  readonly event_id?: string;
  readonly parent_event_id?: string | null;
}

/** Return the first of these failed events below which none of them is, or undefined where there is none. */
export function firstError(rows: readonly Row[]): string | undefined {
  const parents = new Set(rows.map((row) => row.parent_event_id));
  const failed = rows.filter((row) => row.event_id !== undefined);
  return (failed.find((row) => !parents.has(row.event_id)) ?? failed[0])?.event_id;
}
