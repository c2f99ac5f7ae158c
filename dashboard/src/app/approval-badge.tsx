import { useQuery } from "@tanstack/react-query";
import { readOpenCount } from "@/api/approvals";
import { formatNumberOf } from "@/lib/format";

const MOST = 99;

/** How many approvals wait for an answer; nothing where none does. */
export function ApprovalBadge() {
  const { data: count = 0 } = useQuery(readOpenCount);
  if (count === 0) return null;
  return (
    <span
      title={formatNumberOf(count, "open approval")}
      className="figure flex h-4 min-w-4 items-center justify-center rounded-full bg-wait-tint px-1 text-2xs font-semibold text-wait ring-1 ring-wait/40"
    >
      <span aria-hidden>{count > MOST ? `${MOST}+` : count}</span>
      <span className="sr-only">, {formatNumberOf(count, "open approval")}</span>
    </span>
  );
}
