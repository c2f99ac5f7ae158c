import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Run } from "@/api/runs";
import { formatCost, formatDuration, formatShort } from "@/lib/format";
import { Chart } from "@/ui/chart/chart";

interface SessionChartsProps {
  readonly runs: readonly Run[];
  /** Whether there are more turns than these. */
  readonly hasMore: boolean;
}

/** What each turn took, and what the session had come to by then. */
export function SessionCharts({ runs, hasMore }: SessionChartsProps) {
  const navigate = useNavigate();
  const [pointed, setPointed] = useState<number | null>(null);
  const shared = {
    buckets: runs.map(
      (_, index) => `Turn ${index + 1}${hasMore && index + 1 === runs.length ? " and more" : ""}`,
    ),
    pointed,
    onPoint: setPointed,
    chosen: null,
    onChoose: () => undefined,
    onOpen: (index: number) => {
      const run = runs[index];
      if (run) void navigate({ to: "/runs/$runId", params: { runId: run.run_id } });
    },
  };
  const tokens = runs.map((run) => run.tokens_in + run.tokens_out);
  return (
    <div className="flex divide-x divide-line overflow-x-auto border-b border-line bg-surface">
      <Chart
        title="Duration by turn"
        kind="bars"
        series={[
          { label: "duration", values: runs.map((run) => run.total_duration_ms), className: "fill-hue-blue" },
        ]}
        format={formatDuration}
        {...shared}
      />
      <Chart
        title="Tokens by turn"
        kind="bars"
        series={[
          { label: "in", values: runs.map((run) => run.tokens_in), className: "fill-hue-violet" },
          { label: "out", values: runs.map((run) => run.tokens_out), className: "fill-hue-teal" },
        ]}
        over={{ label: "so far", values: addedUp(tokens), className: "stroke-text" }}
        format={formatShort}
        {...shared}
      />
      <Chart
        title="Cost by turn"
        kind="bars"
        series={[{ label: "cost", values: runs.map((run) => run.total_cost), className: "fill-hue-green" }]}
        over={{
          label: "so far",
          values: addedUp(runs.map((run) => run.total_cost)),
          className: "stroke-text",
        }}
        format={formatCost}
        {...shared}
      />
    </div>
  );
}

function addedUp(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}
