import { useQuery } from "@tanstack/react-query";
import { readApproval } from "@/api/approvals";
import type { EventDetail, RunDetail } from "@/api/run";
import { ApprovalAnswer, Expiry } from "@/parts/approval";
import { ApprovalContext } from "@/parts/approval-context";
import { Failure, Waiting } from "@/ui/states";
import { StatusBadge } from "@/ui/status";

interface ApprovalSectionProps {
  readonly run: RunDetail;
  readonly event: EventDetail;
  readonly scroller: HTMLElement | null;
}

/** What the agent asks, and the way to answer it, or what was answered. */
export function ApprovalSection({ run, event, scroller }: ApprovalSectionProps) {
  const { data: approval, error, refetch } = useQuery(readApproval(run.run_id, event.event_id));
  if (approval === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting lines={3} />;
  }
  return (
    <section aria-label="Approval" className="flex flex-col gap-3 rounded-lg border border-line bg-page p-3">
      <div className="flex items-center gap-3 text-xs">
        <StatusBadge status={approval.status} />
        <Expiry approval={approval} />
      </div>
      <p className="text-base font-semibold break-words whitespace-pre-wrap">
        <bdi>{approval.question}</bdi>
      </p>
      <ApprovalContext approval={approval} scroller={scroller} />
      <ApprovalAnswer approval={approval} />
    </section>
  );
}
