import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { readTimeline, type Point } from "@/api/metrics";
import { formatBucket, formatCost, formatCount, formatDuration, formatShort } from "@/lib/format";
import { Chart, type Series, type Stretch } from "@/ui/chart/chart";
import { Failure } from "@/ui/states";

interface AgentChartsProps {
  readonly agentName: string;
  readonly days: number;
  /** The stretch that the runs below are of. */
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly onStretch: (since: string | undefined, until: string | undefined) => void;
}

/** How an agent did over time. A stretch that is chosen in a chart is what the runs below are of. */
export function AgentCharts({ agentName, days, since, until, onStretch }: AgentChartsProps) {
  const { data, error, refetch } = useQuery(readTimeline({ agent: agentName, days, bucket: "day" }));
  const [pointed, setPointed] = useState<number | null>(null);
  if (error && data === undefined) {
    return <Failure error={error} onRetry={() => void refetch()} title="The charts could not be read" />;
  }
  const points = data?.points ?? [];
  const end = data?.until ?? undefined;
  const chosen = stretchOf(points, since, until);
  const choose = (stretch: Stretch | null) =>
    onStretch(
      stretch ? points[stretch.first]?.timestamp : undefined,
      stretch ? (points[stretch.last + 1]?.timestamp ?? end) : undefined,
    );
  const shared = {
    buckets: points.map(({ timestamp }) => formatBucket(timestamp)),
    pointed,
    onPoint: setPointed,
    chosen,
    onChoose: choose,
  };
  return (
    <div className="flex divide-x divide-line overflow-x-auto border-b border-line bg-surface">
      <Chart title="Runs" kind="bars" series={RUNS(points)} format={formatCount} {...shared} />
      <Chart title="Duration" kind="lines" series={DURATIONS(points)} format={formatDuration} {...shared} />
      <Chart title="Tokens" kind="bars" series={TOKENS(points)} format={formatShort} {...shared} />
      <Chart
        title="Cost"
        kind="bars"
        series={[{ label: "cost", values: points.map(({ cost }) => cost), className: "fill-hue-green" }]}
        format={formatCost}
        {...shared}
      />
      <Chart
        title="Errors"
        kind="bars"
        series={[
          { label: "failed events", values: points.map(({ errors }) => errors), className: "fill-bad" },
        ]}
        format={formatCount}
        {...shared}
      />
    </div>
  );
}

const RUNS = (points: readonly Point[]): readonly Series[] => [
  {
    label: "failed",
    values: points.map(({ failed_runs }) => failed_runs),
    className: "fill-bad",
  },
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

const DURATIONS = (points: readonly Point[]): readonly Series[] => [
  { label: "p95", values: points.map(({ p95_ms }) => p95_ms), className: "stroke-hue-amber" },
  { label: "p50", values: points.map(({ p50_ms }) => p50_ms), className: "stroke-hue-blue" },
];

const TOKENS = (points: readonly Point[]): readonly Series[] => [
  { label: "in", values: points.map(({ tokens_in }) => tokens_in), className: "fill-hue-violet" },
  { label: "out", values: points.map(({ tokens_out }) => tokens_out), className: "fill-hue-teal" },
];

function stretchOf(
  points: readonly Point[],
  since: string | undefined,
  until: string | undefined,
): Stretch | null {
  if (since === undefined) return null;
  const [from, to] = [Date.parse(since), until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)];
  const within = points.flatMap(({ timestamp }, index) => {
    const at = Date.parse(timestamp);
    return at >= from && at < to ? [index] : [];
  });
  const [first, last] = [within[0], within.at(-1)];
  return first === undefined || last === undefined ? null : { first, last };
}
