/** Lists of approvals. Event ids are those of a run, so an approval is known by both. */

import type { Approval } from "@/api/approvals";

export const idOf = ({ run_id, event_id }: Approval): string => `${run_id} ${event_id}`;

export function without(approvals: readonly Approval[], others: readonly Approval[]): readonly Approval[] {
  const ids = new Set(others.map(idOf));
  return approvals.filter((approval) => !ids.has(idOf(approval)));
}

export function newestFirst(approvals: readonly Approval[]): readonly Approval[] {
  return approvals.toSorted((one, other) =>
    one.requested_at === other.requested_at
      ? idOf(one).localeCompare(idOf(other))
      : one.requested_at < other.requested_at
        ? 1
        : -1,
  );
}
