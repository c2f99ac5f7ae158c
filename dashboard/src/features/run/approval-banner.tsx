import { useQuery } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import { readRunApprovals } from "@/api/approvals";
import type { RunDetail } from "@/api/run";
import { formatNumberOf } from "@/lib/format";
import { ApprovalAnswer, Expiry } from "@/parts/approval";
import { Ago } from "@/ui/clock";
import { useSelection } from "@/ui/selection";

/** The oldest question of a run that waits for an answer. */
export default function ApprovalBanner({ run }: { readonly run: RunDetail }) {
  const { data } = useQuery(readRunApprovals(run.run_id));
  const { selection, select } = useSelection();
  const open = data?.filter(({ status }) => status === "open") ?? [];
  const [first, ...others] = open;
  if (first === undefined) return null;
  // Whoever looks at the event or at its node has the question there.
  const isInPanel = selection.event
    ? selection.event === first.event_id
    : selection.node !== undefined && selection.node === first.node_id;
  if (isInPanel) return null;
  return (
    <section
      aria-label="Waits for an answer"
      className="flex shrink-0 flex-col gap-2 border-b border-line bg-wait-tint px-4 py-2.5 sm:px-5"
    >
      <div className="flex min-w-0 items-start gap-2">
        <Hand aria-hidden size={16} className="mt-0.5 shrink-0 text-wait" />
        <h2 className="min-w-0 flex-1 text-sm font-semibold break-words">
          <bdi>{first.question}</bdi>
        </h2>
        <span className="flex shrink-0 items-center gap-3 text-xs text-wait">
          <Expiry approval={first} />
          <span className="max-sm:hidden">
            asked <Ago at={first.requested_at} />
          </span>
          <button
            type="button"
            onClick={() => select({ event: first.event_id })}
            className="font-medium text-accent hover:underline"
          >
            Details
          </button>
        </span>
      </div>
      <div className="max-w-3xl">
        <ApprovalAnswer key={first.event_id} approval={first} />
      </div>
      {others.length > 0 && (
        <p className="text-xs text-wait">and {formatNumberOf(others.length, "more question")} after it</p>
      )}
    </section>
  );
}
