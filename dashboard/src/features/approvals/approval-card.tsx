import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { Approval } from "@/api/approvals";
import { ApprovalAnswer, Expiry } from "@/parts/approval";
import { ApprovalContext } from "@/parts/approval-context";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { StatusBadge } from "@/ui/status";

interface ApprovalCardProps {
  readonly approval: Approval;
  readonly scroller: HTMLElement | null;
  readonly onTouch?: () => void;
}

/** An approval with the run that asks for it. */
export function ApprovalCard({ approval, scroller, onTouch }: ApprovalCardProps) {
  const isOpen = approval.status === "open";
  return (
    <article
      tabIndex={-1}
      aria-label={approval.question}
      className={classNames(
        "flex flex-col gap-3 rounded-lg border bg-surface p-4 outline-none focus-visible:border-focus focus-visible:ring-1 focus-visible:ring-focus",
        isOpen ? "border-wait/50" : "border-line",
      )}
    >
      <header className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5 text-xs text-soft">
        <Asker approval={approval} />
        <span className="ml-auto flex shrink-0 items-center gap-3">
          <Expiry approval={approval} />
          <span>
            asked <Ago at={approval.requested_at} />
          </span>
          <StatusBadge status={approval.status} />
        </span>
      </header>
      <h3 className="text-lg font-semibold tracking-tight break-words whitespace-pre-wrap">
        <bdi>{approval.question}</bdi>
      </h3>
      <ApprovalContext approval={approval} scroller={scroller} />
      <ApprovalAnswer approval={approval} {...(onTouch ? { onTouch } : {})} />
    </article>
  );
}

function Asker({ approval }: { readonly approval: Approval }) {
  const { agent_name, run_id, run_name, node_id, event_id } = approval;
  return (
    <span className="flex min-w-0 items-center gap-1">
      <Link
        to="/agents/$agentName"
        params={{ agentName: agent_name }}
        className="name-text max-w-48 hover:text-text hover:underline"
      >
        {agent_name}
      </Link>
      <ChevronRight aria-hidden size={12} className="shrink-0 text-faint" />
      <Link
        to="/runs/$runId"
        params={{ runId: run_id }}
        search={{ event: event_id } as never}
        className="name-text max-w-56 font-medium text-accent hover:underline"
      >
        {run_name ?? "new run"}
      </Link>
      {node_id !== null && (
        <>
          <ChevronRight aria-hidden size={12} className="shrink-0 text-faint" />
          <Link
            to="/runs/$runId/$view"
            params={{ runId: run_id, view: "graph" }}
            search={{ node: node_id } as never}
            className="name-text max-w-40 hover:text-text hover:underline"
          >
            {node_id}
          </Link>
        </>
      )}
    </span>
  );
}
