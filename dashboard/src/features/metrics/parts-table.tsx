import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { Part, PartKind, PartSort } from "@/api/metrics";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatShort,
} from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { ROW_LINK, Table, type Column } from "@/ui/table";
import { RunsLink } from "./runs-link";

interface PartsTableProps {
  readonly kind: PartKind;
  readonly parts: readonly Part[];
  readonly sort: PartSort;
  readonly onSort: (sort: PartSort) => void;
  readonly hasMore: boolean;
  readonly onMore: () => void;
  readonly top: ReactNode;
  readonly instead: ReactNode;
}

export const PART_NOUNS = { agents: "Agent", models: "Model", tools: "Tool" } as const satisfies Record<
  PartKind,
  string
>;
const PARAMETERS = { agents: "agent", models: "model", tools: "tool" } as const satisfies Record<
  PartKind,
  string
>;

/** The same figures for each agent, model or tool, to compare them. */
export function PartsTable({ kind, parts, sort, onSort, hasMore, onMore, top, instead }: PartsTableProps) {
  const columns = useMemo(() => columnsOf(kind), [kind]);
  return (
    <Table<Part, PartSort>
      label={`Figures by ${PART_NOUNS[kind].toLowerCase()}`}
      columns={columns}
      rows={parts}
      idOf={({ name }) => name}
      nameOf={({ name }) => name}
      sort={{ by: sort, isDescending: sort !== "name" }}
      onSort={onSort}
      hasMore={hasMore}
      onMore={onMore}
      rowHeight={40}
      top={top}
      instead={instead}
    />
  );
}

function columnsOf(kind: PartKind): readonly Column<Part, PartSort>[] {
  const isAgents = kind === "agents";
  return [
    {
      id: "name",
      header: PART_NOUNS[kind],
      sortBy: "name",
      cell: ({ name }) => (
        <Link
          to="/stats"
          search={(before) =>
            ({
              ...before,
              agent: isAgents ? name : before["agent"],
              model: undefined,
              tool: undefined,
              ...(isAgents ? { by: "models" } : { [PARAMETERS[kind]]: name }),
            }) as never
          }
          title={name}
          className={classNames("name-text block text-sm font-medium", ROW_LINK)}
        >
          {name}
        </Link>
      ),
    },
    {
      id: "count",
      header: isAgents ? "Runs" : "Calls",
      sortBy: isAgents ? "runs" : "calls",
      align: "end",
      width: "5.5rem",
      cell: ({ count, runs_filter }) => <RunsLink filter={runs_filter}>{formatCount(count)}</RunsLink>,
    },
    {
      id: "failed",
      header: "Failed",
      sortBy: isAgents ? "failed" : "errors",
      align: "end",
      width: "6rem",
      from: "sm",
      cell: ({ failed, runs_filter }) => (
        <Failed count={failed} filter={runs_filter} only={{ status: "failed" }} />
      ),
    },
    {
      id: "success",
      header: "Success",
      meaning: isAgents ? "Of the runs that ended" : "Of all calls",
      align: "end",
      width: "6rem",
      from: "md",
      cell: ({ success }) => formatShare(success),
    },
    ...(isAgents
      ? [
          {
            id: "errors",
            header: "Errors",
            meaning: "How many events of its runs failed",
            align: "end",
            width: "6rem",
            from: "lg",
            cell: ({ errors, runs_filter }) => (
              <Failed count={errors} filter={runs_filter} only={{ errors: "yes" }} />
            ),
          } satisfies Column<Part, PartSort>,
        ]
      : []),
    {
      id: "p50",
      header: "p50",
      meaning: "Half took at most",
      align: "end",
      width: "6rem",
      from: "md",
      cell: ({ p50_ms }) => formatDuration(p50_ms),
    },
    {
      id: "p95",
      header: "p95",
      meaning: "95 of 100 took at most",
      ...(isAgents ? {} : { sortBy: "p95" as const }),
      align: "end",
      width: "6.5rem",
      from: "sm",
      cell: ({ p95_ms }) => formatDuration(p95_ms),
    },
    {
      id: "p99",
      header: "p99",
      meaning: "99 of 100 took at most",
      align: "end",
      width: "6.5rem",
      from: "lg",
      cell: ({ p99_ms }) => formatDuration(p99_ms),
    },
    {
      id: "tokens",
      header: "Tokens",
      sortBy: "tokens",
      align: "end",
      width: "6rem",
      from: "md",
      cell: ({ tokens_in, tokens_out }) => (
        <span title={`${formatCount(tokens_in)} in, ${formatCount(tokens_out)} out`}>
          {formatShort(tokens_in + tokens_out)}
        </span>
      ),
    },
    {
      id: "cost",
      header: "Cost",
      sortBy: "cost",
      align: "end",
      width: "6.5rem",
      cell: ({ cost, unpriced_count, runs_filter }) => (
        <span
          title={
            unpriced_count > 0 ? `${formatNumberOf(unpriced_count, "call")} without a known price` : undefined
          }
        >
          {unpriced_count > 0 && (
            <RunsLink filter={runs_filter} only={{ unpriced: "yes" }} className="text-wait">
              ≥{" "}
            </RunsLink>
          )}
          {formatCost(cost)}
        </span>
      ),
    },
  ];
}

interface FailedProps {
  readonly count: number;
  readonly filter: Part["runs_filter"];
  readonly only: Readonly<Record<string, string>>;
}

function Failed({ count, filter, only }: FailedProps) {
  if (count === 0) return <span className="text-faint">0</span>;
  return (
    <RunsLink filter={filter} only={only} className="inline-flex items-center gap-1 font-medium text-bad">
      <TriangleAlert aria-hidden size={12} />
      {formatShort(count)}
    </RunsLink>
  );
}
