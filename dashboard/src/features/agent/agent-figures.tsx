import { useQuery } from "@tanstack/react-query";
import { readAgentMetrics } from "@/api/metrics";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatShort,
} from "@/lib/format";
import { Figure } from "@/ui/figure";

interface AgentFiguresProps {
  readonly agentName: string;
  readonly days: number;
}

/** What a period comes to. */
export function AgentFigures({ agentName, days }: AgentFiguresProps) {
  const { data } = useQuery(readAgentMetrics(agentName, { days }));
  const tokens = data && data.total_tokens_in + data.total_tokens_out;
  return (
    <dl className="grid grid-cols-3 border-b border-line bg-surface sm:grid-cols-6">
      <Figure label="Runs" value={data && formatCount(data.total_runs)} note={`in ${days} days`} />
      <Figure
        label="Success"
        value={data && formatShare(data.success_rate)}
        note={data && `${formatCount(data.failed_runs)} of ${formatCount(data.ended_runs)} failed`}
        bad={data && data.failed_runs > 0 ? "note" : undefined}
      />
      <Figure label="p50" value={data && formatDuration(data.p50_ms)} note="half took at most" />
      <Figure label="p95" value={data && formatDuration(data.p95_ms)} note="95 of 100 took at most" />
      <Figure
        label="Tokens"
        value={tokens === undefined ? undefined : formatShort(tokens)}
        note={data && `${formatShort(data.total_tokens_in)} in, ${formatShort(data.total_tokens_out)} out`}
      />
      <Figure
        label="Cost"
        value={data && `${data.unpriced_count > 0 ? "≥ " : ""}${formatCost(data.total_cost)}`}
        note={
          data &&
          (data.unpriced_count > 0 ? `${formatNumberOf(data.unpriced_count, "call")} unpriced` : "all priced")
        }
      />
    </dl>
  );
}
