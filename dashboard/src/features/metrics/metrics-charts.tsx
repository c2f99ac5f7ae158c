import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { readTimeline, type Point, type TimelineQuery } from "@/api/metrics";
import { formatBucket, formatCost, formatCount, formatDuration, formatShort } from "@/lib/format";
import { Button, IconButton } from "@/ui/button";
import { Chart, type Series, type Stretch } from "@/ui/chart/chart";
import { Failure } from "@/ui/states";
import { namePeriod } from "./search";

interface MetricsChartsProps {
  readonly query: TimelineQuery;
  readonly onRange: (since: string, until: string) => void;
}

/** How it went over time. A bucket leads to its runs; a stretch that is dragged can be looked at closer. */
export function MetricsCharts({ query, onRange }: MetricsChartsProps) {
  const { data, error, refetch } = useQuery(readTimeline(query));
  const navigate = useNavigate();
  const [pointed, setPointed] = useState<number | null>(null);
  const [chosen, setChosen] = useState<Stretch | null>(null);
  if (error && data === undefined) {
    return <Failure error={error} onRetry={() => void refetch()} title="The charts could not be read" />;
  }
  const points = data?.points ?? [];
  const isOfCalls = query.model !== undefined || query.tool !== undefined;
  const openRuns = (since: string | undefined, until: string | undefined) =>
    void navigate({
      to: "/runs",
      search: {
        ...(query.agent ? { agent: query.agent } : {}),
        ...(since ? { since } : {}),
        ...(until ? { until } : {}),
      },
    });
  const open = (index: number) => {
    const filter = points[index]?.runs_filter;
    if (filter) void navigate({ to: "/runs", search: filter });
  };
  const since = chosen ? points[chosen.first]?.timestamp : undefined;
  const until = chosen ? (points[chosen.last + 1]?.timestamp ?? data?.until ?? undefined) : undefined;
  const shared = {
    buckets: points.map(({ timestamp }) => formatBucket(timestamp)),
    pointed,
    onPoint: setPointed,
    chosen,
    onChoose: setChosen,
    onOpen: isOfCalls ? undefined : open,
  };
  return (
    <div className="relative border-b border-line bg-surface">
      <div className="grid grid-cols-1 gap-px bg-line md:grid-cols-2 *:bg-surface">
        <Chart
          title="Cost"
          kind="bars"
          series={[{ label: "cost", values: points.map(({ cost }) => cost), className: "fill-hue-green" }]}
          over={{
            label: "added up",
            values: points.map(({ cumulative_cost }) => cumulative_cost),
            className: "stroke-text",
          }}
          format={formatCost}
          {...shared}
        />
        <Chart
          title="Tokens"
          kind="bars"
          series={TOKENS(points)}
          over={{
            label: "added up",
            values: points.map(
              ({ cumulative_tokens_in, cumulative_tokens_out }) =>
                cumulative_tokens_in + cumulative_tokens_out,
            ),
            className: "stroke-text",
          }}
          format={formatShort}
          {...shared}
        />
        <Chart
          title={isOfCalls ? "Calls" : "Runs"}
          kind="bars"
          series={isOfCalls ? CALLS(points) : RUNS(points)}
          format={formatCount}
          {...shared}
        />
        <Chart title="Duration" kind="lines" series={DURATIONS(points)} format={formatDuration} {...shared} />
      </div>
      {since !== undefined && until !== undefined && (
        <div
          role="group"
          aria-label="The stretch that is chosen"
          className="absolute bottom-3 left-1/2 z-20 flex -translate-x-1/2 items-center gap-2 rounded-lg bg-raised py-2 pr-2 pl-4 text-sm whitespace-nowrap shadow-float"
        >
          <span className="figure font-medium">{namePeriod({ since, until })}</span>
          {!isOfCalls && <Button onClick={() => openRuns(since, until)}>Show the runs</Button>}
          <Button
            look="primary"
            onClick={() => {
              setChosen(null);
              onRange(since, until);
            }}
          >
            Look closer
          </Button>
          <IconButton icon={X} label="Choose nothing" onClick={() => setChosen(null)} />
        </div>
      )}
    </div>
  );
}

const RUNS = (points: readonly Point[]): readonly Series[] => [
  { label: "failed", values: points.map(({ failed_runs }) => failed_runs), className: "fill-bad" },
  {
    label: "ended well",
    values: points.map(({ ended_runs, failed_runs }) => (ended_runs ?? 0) - (failed_runs ?? 0)),
    className: "fill-good",
  },
  {
    label: "open",
    values: points.map(({ runs, ended_runs }) => (runs ?? 0) - (ended_runs ?? 0)),
    className: "fill-hue-blue",
  },
];

const CALLS = (points: readonly Point[]): readonly Series[] => [
  { label: "failed", values: points.map(({ errors }) => errors), className: "fill-bad" },
  {
    label: "others",
    values: points.map(({ events, errors }) => events - errors),
    className: "fill-hue-blue",
  },
];

const TOKENS = (points: readonly Point[]): readonly Series[] => [
  { label: "in", values: points.map(({ tokens_in }) => tokens_in), className: "fill-hue-violet" },
  { label: "out", values: points.map(({ tokens_out }) => tokens_out), className: "fill-hue-teal" },
];

const DURATIONS = (points: readonly Point[]): readonly Series[] => [
  { label: "p99", values: points.map(({ p99_ms }) => p99_ms), className: "stroke-hue-rose" },
  { label: "p95", values: points.map(({ p95_ms }) => p95_ms), className: "stroke-hue-amber" },
  { label: "p50", values: points.map(({ p50_ms }) => p50_ms), className: "stroke-hue-blue" },
];
