import type { NodeSummary } from "@/api/node";
import { formatCost, formatCount, formatDuration, formatNumberOf, formatShare } from "@/lib/format";
import { Section } from "./section";

/** The figures of a node: events, time, tokens and cost, and which agent did what. */
export function NodeMetrics({ node }: { readonly node: NodeSummary }) {
  const agents = Object.entries(node.events_by_agent).sort(([one], [other]) => (one < other ? -1 : 1));
  return (
    <div className="flex flex-col gap-5 p-4">
      <Figures
        title="Events"
        rows={[
          ["In", formatNumberOf(node.attempt_count, "execution")],
          ["Completed", formatCount(node.success_count)],
          ["Failed", formatCount(node.error_count)],
          ["Going on", formatCount(node.running_count)],
          ["Attempts that succeeded", formatShare(node.success_rate)],
          ["Approvals", formatCount(node.approval_count)],
          ["Code runs", formatCount(node.code_exec_count)],
        ]}
      />
      <Figures
        title="Time"
        rows={[
          ["From start to end", formatDuration(node.wall_ms)],
          ["At least one event went on", formatDuration(node.active_ms)],
          ["Idle", formatDuration(Math.max(0, node.wall_ms - node.active_ms))],
        ]}
      />
      <Figures
        title="Tokens"
        rows={[
          ["In", formatCount(node.tokens_in)],
          ["Out", formatCount(node.tokens_out)],
          ["Cached", formatCount(node.tokens_cached)],
          ["Written to the cache", formatCount(node.tokens_cache_write)],
          ["Reasoning", formatCount(node.tokens_reasoning)],
        ]}
      />
      <Figures
        title="Cost"
        rows={[
          ["Priced calls", formatCost(node.cost)],
          ["Calls without a price", formatCount(node.unpriced_count)],
        ]}
      />
      {agents.length > 0 && (
        <Figures
          title="Events by agent"
          rows={agents.map(([agent, types]): readonly [string, string] => [
            agent,
            formatCount(Object.values(types).reduce((sum, count) => sum + count, 0)),
          ])}
        />
      )}
    </div>
  );
}

interface FiguresProps {
  readonly title: string;
  readonly rows: readonly (readonly [string, string])[];
}

function Figures({ title, rows }: FiguresProps) {
  return (
    <Section title={title}>
      <dl className="text-sm">
        {rows.map(([label, value]) => (
          <div key={label} className="flex justify-between gap-4 border-b border-line py-1.5 last:border-b-0">
            <dt className="name-text min-w-0 text-soft">{label}</dt>
            <dd className="figure">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
