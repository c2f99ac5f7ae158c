import type { Part, Summary } from "@/api/metrics";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatShort,
} from "@/lib/format";
import { statusWord } from "@/lib/vocabulary";
import { Figure } from "@/ui/figure";
import { StatusIcon } from "@/ui/status";

import { RunsLink } from "./runs-link";

/** What all runs of the period come to; each figure leads to the runs that it counts. */
export function RunFigures({ summary }: { readonly summary: Summary | undefined }) {
  if (summary === undefined) return <CallFigures calls={undefined} />;
  const { runs_filter: filter, unpriced_count: n_unpriced } = summary;
  return (
    <>
      <dl className={GRID}>
        <Figure
          label="Runs"
          value={<RunsLink filter={filter}>{formatCount(summary.total_runs)}</RunsLink>}
          note={`of ${formatNumberOf(summary.total_agents, "agent")}`}
        />
        <Figure
          label="Success"
          value={formatShare(summary.success_rate)}
          note={
            <RunsLink filter={filter} only={{ status: "failed" }}>
              {formatCount(summary.failed_runs)} of {formatCount(summary.ended_runs)} failed
            </RunsLink>
          }
          bad={summary.failed_runs > 0 ? "note" : undefined}
        />
        <Figure
          label="Duration, p50"
          value={formatDuration(summary.p50_ms)}
          note={`p95 ${formatDuration(summary.p95_ms)} · p99 ${formatDuration(summary.p99_ms)}`}
        />
        <Figure
          label="Errors"
          value={
            <RunsLink filter={filter} only={{ errors: "yes" }}>
              {formatCount(summary.total_errors)}
            </RunsLink>
          }
          note={`in ${formatShort(summary.total_events)} events`}
        />
        <Figure
          label="Tokens"
          value={formatShort(summary.total_tokens_in + summary.total_tokens_out)}
          note={`${formatShort(summary.total_tokens_in)} in, ${formatShort(summary.total_tokens_out)} out`}
        />
        <Figure
          label="Cost"
          value={`${n_unpriced > 0 ? "≥ " : ""}${formatCost(summary.total_cost)}`}
          note={
            n_unpriced > 0 ? (
              <RunsLink filter={filter} only={{ unpriced: "yes" }}>
                {formatNumberOf(n_unpriced, "call")} unpriced
              </RunsLink>
            ) : (
              `${formatCost(summary.avg_cost_per_run)} a run`
            )
          }
        />
      </dl>
      {summary.runs_by_status.length > 0 && (
        <ul
          aria-label="Runs by status"
          className="figure flex flex-wrap gap-x-5 gap-y-1 border-b border-line bg-surface px-4 py-2 text-xs sm:px-5"
        >
          {summary.runs_by_status.map(({ status, runs, runs_filter }) => (
            <li key={status}>
              <RunsLink
                filter={runs_filter}
                only={{ status }}
                className="inline-flex h-6 items-center gap-1.5 text-soft hover:text-text"
              >
                <StatusIcon status={status} size={13} />
                <bdi>{statusWord(status).label}</bdi>
                <span className="font-semibold text-text">{formatCount(runs)}</span>
              </RunsLink>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What the calls of one model or tool come to. */
export function CallFigures({ calls }: { readonly calls: Part | undefined }) {
  const tokens = calls && calls.tokens_in + calls.tokens_out;
  return (
    <dl className={GRID}>
      <Figure label="Calls" value={calls && formatCount(calls.count)} note="in this period" />
      <Figure
        label="Success"
        value={calls && formatShare(calls.success)}
        note={calls && `${formatCount(calls.failed)} failed`}
        bad={calls && calls.failed > 0 ? "note" : undefined}
      />
      <Figure label="p50" value={calls && formatDuration(calls.p50_ms)} note="half took at most" />
      <Figure
        label="p95"
        value={calls && formatDuration(calls.p95_ms)}
        note={calls && `p99 ${formatDuration(calls.p99_ms)}`}
      />
      <Figure
        label="Tokens"
        value={tokens === undefined ? undefined : formatShort(tokens)}
        note={calls && `${formatShort(calls.tokens_in)} in, ${formatShort(calls.tokens_out)} out`}
      />
      <Figure
        label="Cost"
        value={calls && `${calls.unpriced_count > 0 ? "≥ " : ""}${formatCost(calls.cost)}`}
        note={
          calls &&
          (calls.unpriced_count > 0
            ? `${formatNumberOf(calls.unpriced_count, "call")} unpriced`
            : "all priced")
        }
      />
    </dl>
  );
}

const GRID = "grid grid-cols-2 border-b border-line bg-surface sm:grid-cols-3 xl:grid-cols-6";
