import { Link } from "@tanstack/react-router";
import { Ellipsis, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Agent, AgentSort } from "@/api/agents";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatShort,
} from "@/lib/format";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { Menu, MenuItem } from "@/ui/menu";
import { Sparkline } from "@/ui/sparkline";
import { StatusIcon, StatusText } from "@/ui/status";
import { ROW_LINK, Table, type Column } from "@/ui/table";
import { DeleteAgent } from "./delete-agent";

interface AgentsTableProps {
  readonly agents: readonly Agent[];
  readonly sort: AgentSort;
  readonly onSort: (by: AgentSort) => void;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

export function AgentsTable({ agents, sort, onSort, hasMore, onMore }: AgentsTableProps) {
  const [doomed, setDoomed] = useState<Agent | null>(null);
  return (
    <>
      <Table<Agent, AgentSort>
        label="Agents"
        columns={[...COLUMNS, actionsColumn(setDoomed)]}
        rows={agents}
        idOf={(agent) => agent.agent_name}
        nameOf={(agent) => agent.agent_name}
        sort={{ by: sort, isDescending: sort !== "name" }}
        onSort={onSort}
        hasMore={hasMore}
        onMore={onMore}
        rowHeight={52}
      />
      <DeleteAgent agent={doomed} onClose={() => setDoomed(null)} />
    </>
  );
}

const COLUMNS: readonly Column<Agent, AgentSort>[] = [
  {
    id: "name",
    header: "Agent",
    sortBy: "name",
    cell: (agent) => (
      <div className="flex min-w-0 flex-col">
        <Link
          to="/agents/$agentName"
          params={{ agentName: agent.agent_name }}
          className={classNames("name-text text-sm font-medium", ROW_LINK)}
        >
          {agent.agent_name}
        </Link>
        <span className="flex min-w-0 items-center gap-1.5 text-xs text-faint md:hidden">
          {agent.last_status && <StatusIcon status={agent.last_status} size={12} />}
          <span className="truncate">
            <Ago at={agent.last_run_at} /> · {formatNumberOf(agent.total_runs, "run")} ·{" "}
            {formatShare(agent.success_rate)}
          </span>
        </span>
        {agent.description && (
          <span className="truncate text-xs text-faint max-md:hidden">{agent.description}</span>
        )}
      </div>
    ),
  },
  {
    id: "last",
    header: "Last run",
    sortBy: "last_run",
    width: "11.5rem",
    from: "md",
    cell: (agent) => (
      <div className="flex min-w-0 flex-col">
        {agent.last_status && <StatusText status={agent.last_status} />}
        <Ago at={agent.last_run_at} className="figure pl-5 text-xs text-faint" />
      </div>
    ),
  },
  {
    id: "runs",
    header: "Runs",
    sortBy: "runs",
    align: "end",
    width: "5.5rem",
    from: "md",
    cell: (agent) => <span title={formatCount(agent.total_runs)}>{formatShort(agent.total_runs)}</span>,
  },
  {
    id: "activity",
    header: "14 days",
    meaning: "Runs of the last 14 days; failed ones are red",
    width: "8.25rem",
    from: "lg",
    cell: (agent) => <AgentSparkline agent={agent} />,
  },
  {
    id: "success",
    header: "Success",
    meaning: "The share of ended runs that did not fail",
    align: "end",
    width: "5.5rem",
    from: "md",
    cell: (agent) => (
      <span
        title={`${formatNumberOf(agent.failed_runs, "run")} failed, of ${formatCount(agent.ended_runs)} that ended`}
        className={agent.failed_runs > 0 ? "text-text" : "text-faint"}
      >
        {formatShare(agent.success_rate)}
      </span>
    ),
  },
  {
    id: "p50",
    header: "p50",
    meaning: "Half of the runs took at most that long",
    align: "end",
    width: "6rem",
    from: "lg",
    cell: (agent) => formatDuration(agent.p50_ms),
  },
  {
    id: "p95",
    header: "p95",
    meaning: "95 of 100 runs took at most that long",
    sortBy: "p95",
    align: "end",
    width: "6.75rem",
    cell: (agent) => formatDuration(agent.p95_ms),
  },
  {
    id: "tokens",
    header: "Tokens",
    align: "end",
    width: "5.5rem",
    from: "xl",
    cell: (agent) => (
      <span title={`${formatCount(agent.tokens_in)} in, ${formatCount(agent.tokens_out)} out`}>
        {formatShort(agent.tokens_in + agent.tokens_out)}
      </span>
    ),
  },
  {
    id: "cost",
    header: "Cost",
    sortBy: "cost",
    align: "end",
    width: "6rem",
    from: "sm",
    cell: (agent) => <AgentCost agent={agent} />,
  },
];

function actionsColumn(onDelete: (agent: Agent) => void): Column<Agent, AgentSort> {
  return {
    id: "actions",
    header: "",
    width: "3.25rem",
    align: "end",
    cell: (agent) => (
      <div className="relative z-[1] inline-flex">
        <Menu trigger={<IconButton icon={Ellipsis} label={`Actions on ${agent.agent_name}`} />}>
          <MenuItem icon={Trash2} isDangerous onSelect={() => onDelete(agent)}>
            Delete…
          </MenuItem>
        </Menu>
      </div>
    ),
  };
}

function AgentSparkline({ agent }: { readonly agent: Agent }) {
  const { runs, failed } = agent.sparkline;
  const total = runs.reduce((sum, count) => sum + count, 0);
  const bad = failed.reduce((sum, count) => sum + count, 0);
  return (
    <Sparkline
      all={runs}
      failed={failed}
      label={`${formatNumberOf(total, "run")} in 14 days, ${formatCount(bad)} failed`}
    />
  );
}

function AgentCost({ agent }: { readonly agent: Agent }) {
  const unpriced = agent.unpriced_count > 0;
  return (
    <span
      title={
        unpriced
          ? `${formatNumberOf(agent.unpriced_count, "call")} without a known price are not in it`
          : undefined
      }
    >
      {unpriced && <span className="text-wait">≥ </span>}
      {formatCost(agent.total_cost)}
    </span>
  );
}
