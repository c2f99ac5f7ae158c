import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Summary } from "@/api/metrics";
import { formatCost, formatDuration, formatNumberOf, formatShort } from "@/lib/format";
import { RunsLink, type RunsFilter } from "./runs-link";

interface Entry {
  readonly name: string;
  readonly value: number;
  readonly shown: string;
  readonly filter?: RunsFilter;
}

/** Who is dear, busy, slow or often wrong. Agents lead to their runs; a model or tool becomes what the page is of. */
export function TopLists({ summary }: { readonly summary: Summary }) {
  const tool = (name: string) => ({ model: undefined, tool: name });
  const model = (name: string) => ({ model: name, tool: undefined });
  return (
    <div className="grid grid-cols-1 gap-px border-b border-line bg-line *:bg-surface sm:grid-cols-2 xl:grid-cols-5">
      <TopList
        title="Agents by cost"
        entries={summary.top_agents_by_cost.map((agent) => ({
          name: agent.agent_name,
          value: agent.cost,
          shown: formatCost(agent.cost),
          filter: agent.runs_filter,
        }))}
      />
      <TopList
        title="Agents by runs"
        entries={summary.top_agents_by_runs.map((agent) => ({
          name: agent.agent_name,
          value: agent.runs,
          shown: formatNumberOf(agent.runs, "run"),
          filter: agent.runs_filter,
        }))}
      />
      <TopList
        title="Models by cost"
        entries={summary.top_models_by_cost.map((each) => ({
          name: each.model,
          value: each.cost,
          shown: `${each.unpriced_count > 0 ? "≥ " : ""}${formatCost(each.cost)}`,
        }))}
        choosing={model}
      />
      <TopList
        title="Tools by failed calls"
        entries={summary.top_tools_by_errors
          .filter(({ errors }) => errors > 0)
          .map((each) => ({
            name: each.tool,
            value: each.errors,
            shown: `${formatShort(each.errors)} of ${formatShort(each.calls)}`,
          }))}
        choosing={tool}
      />
      <TopList
        title="Slowest tools, p95"
        entries={summary.top_tools_by_p95.map((each) => ({
          name: each.tool,
          value: each.p95_ms ?? 0,
          shown: formatDuration(each.p95_ms),
        }))}
        choosing={tool}
      />
    </div>
  );
}

interface TopListProps {
  readonly title: string;
  readonly entries: readonly Entry[];
  /** What the address says where a name is chosen. */
  readonly choosing?: (name: string) => Record<string, string | undefined>;
}

function TopList({ title, entries, choosing }: TopListProps) {
  const most = Math.max(...entries.map(({ value }) => value), Number.MIN_VALUE);
  return (
    <section aria-label={title} className="min-w-0 px-4 py-3 sm:px-5">
      <h2 className="mb-1.5 text-xs font-medium text-faint">{title}</h2>
      {entries.length === 0 ? (
        <p className="text-sm text-faint">None</p>
      ) : (
        <ol className="flex flex-col gap-0.5">
          {entries.map(({ name, value, shown, filter }) => (
            <li key={name} className="relative flex h-6.5 items-center text-sm">
              <Entry name={name} filter={filter} choosing={choosing}>
                <span
                  aria-hidden
                  className="absolute inset-y-0.5 left-0 rounded-sm bg-busy-tint"
                  style={{ width: `${Math.max(1, (value / most) * 100)}%` }}
                />
                <bdi className="relative min-w-0 flex-1 truncate" title={name}>
                  {name}
                </bdi>
                <span className="figure relative shrink-0 text-text">{shown}</span>
              </Entry>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

interface EntryProps {
  readonly name: string;
  readonly filter: RunsFilter | undefined;
  readonly choosing: TopListProps["choosing"];
  readonly children: ReactNode;
}

const ENTRY = "relative flex h-full w-full min-w-0 items-center gap-3 rounded-sm px-2 hover:underline";

function Entry({ name, filter, choosing, children }: EntryProps) {
  if (!choosing) {
    return (
      <RunsLink filter={filter ?? null} className={ENTRY}>
        {children}
      </RunsLink>
    );
  }
  return (
    <Link to="/stats" search={(before) => ({ ...before, ...choosing(name) }) as never} className={ENTRY}>
      {children}
    </Link>
  );
}
