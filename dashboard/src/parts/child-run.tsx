import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { readRun } from "@/api/run";
import type { Run } from "@/api/runs";
import { branchOf } from "@/lib/branch";
import { formatCost } from "@/lib/format";
import { isEnded, statusWord } from "@/lib/vocabulary";
import { Elapsed } from "@/ui/clock";
import { StatusIcon } from "@/ui/status";
import { BranchText } from "./branch-text";

/** A run that another one began: how it does, and, where it is a branch, what it tries. */
export function ChildRun({ run }: { readonly run: Run }) {
  // Lists of runs don't tell of branches.
  const { data: detail } = useQuery(readRun(run.run_id));
  const branch = branchOf(detail?.metadata);
  return (
    <div className="flex min-w-0 flex-col gap-1 rounded-md border border-line px-3 py-2">
      <div className="flex min-w-0 items-center gap-2">
        <StatusIcon status={run.status} />
        <Link
          to="/runs/$runId"
          params={{ runId: run.run_id }}
          search={{}}
          className="name-text text-sm font-medium text-accent hover:underline"
        >
          {run.run_name ?? "new run"}
        </Link>
        <bdi className="name-text text-xs text-faint">{run.agent_name}</bdi>
        <span className="figure ml-auto flex shrink-0 gap-3 pl-2 text-xs text-soft">
          <span className="sr-only">{statusWord(run.status).label}</span>
          {run.total_cost > 0 && formatCost(run.total_cost)}
          <Elapsed ms={run.total_duration_ms} since={run.started_at} isLive={!isEnded(run.status)} />
        </span>
      </div>
      {branch && (
        <BranchText
          branch={branch}
          from={
            branch.fromNode !== null && (
              <span className="shrink-0 text-xs">
                from <bdi className="font-medium">{branch.fromNode}</bdi>
              </span>
            )
          }
        />
      )}
    </div>
  );
}
