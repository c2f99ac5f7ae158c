import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, TriangleAlert } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { readRuns, type Run, type RunQuery, type RunSort } from "@/api/runs";
import { shortErrorLine } from "@/lib/error-text";
import { formatCost, formatCount, formatNumberOf, formatShort } from "@/lib/format";
import { isEnded } from "@/lib/vocabulary";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Ago, Elapsed } from "@/ui/clock";
import { Failure, NoMatch, Note, Waiting } from "@/ui/states";
import { StatusIcon, StatusText } from "@/ui/status";
import { ROW_LINK, Table, type Column } from "@/ui/table";
import { EditName } from "./edit-name";
import { PickedRuns } from "./picked-runs";

interface RunsTableProps {
  readonly label: string;
  readonly query: RunQuery;
  readonly onSort: (sort: RunSort, order: "asc" | "desc") => void;
  /** Whether `query` leaves runs out that a person could want back. */
  readonly isFiltered: boolean;
  readonly onClear: () => void;
  /** What stands above the rows, and scrolls with them. */
  readonly top?: ReactNode;
  /** Columns that say nothing here. */
  readonly without?: readonly ColumnId[];
}

type ColumnId = "agent" | "session";

const NOTHING: readonly ColumnId[] = [];
const NO_RUNS: readonly Run[] = [];

/** A list of runs that follows what happens: to open, rename, pick and delete. */
export function RunsTable({
  label,
  query,
  onSort,
  isFiltered,
  onClear,
  top,
  without = NOTHING,
}: RunsTableProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(readRuns(query));
  const runs = useMemo(() => data?.pages.flatMap((page) => page.runs), [data]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [edited, setEdited] = useState<string | null>(null);
  const sort = query.sort ?? "created_at";
  const order = query.order ?? "desc";
  const columns = useMemo(
    () => [
      nameColumn(edited, setEdited, !without.includes("agent")),
      ...COLUMNS.filter((column) => !without.some((id) => id === column.id)),
    ],
    [edited, without],
  );
  const picks = useMemo(() => (runs ?? NO_RUNS).filter((run) => picked.has(run.run_id)), [runs, picked]);
  const instead = error ? (
    <Failure error={error} onRetry={() => void refetch()} />
  ) : runs === undefined ? (
    <Waiting lines={10} />
  ) : isFiltered ? (
    <NoMatch what="run" onClear={onClear} />
  ) : (
    <Note title="No runs yet">Runs appear here as they are recorded.</Note>
  );
  return (
    <div className="relative flex h-full min-h-0 flex-col">
      <div className="min-h-0 flex-1">
        <Table<Run, RunSort>
          label={label}
          columns={columns}
          rows={runs ?? NO_RUNS}
          idOf={(run) => run.run_id}
          nameOf={(run) => run.run_name ?? "new run"}
          sort={{ by: sort, isDescending: order === "desc" }}
          onSort={(by) =>
            onSort(by, by === sort ? (order === "desc" ? "asc" : "desc") : by === "name" ? "asc" : "desc")
          }
          picking={{ picked, onPick: setPicked }}
          hasMore={hasNextPage}
          onMore={() => void fetchNextPage()}
          rowHeight={44}
          top={top}
          instead={instead}
        />
      </div>
      <PickedRuns runs={picks} onClear={() => setPicked(new Set())} />
    </div>
  );
}

function nameColumn(
  edited: string | null,
  onEdit: (runId: string | null) => void,
  hasAgent: boolean,
): Column<Run, RunSort> {
  return {
    id: "name",
    header: "Run",
    sortBy: "name",
    cell: (run) => {
      const name = run.run_name;
      if (edited === run.run_id && name !== null) {
        return <EditName runId={run.run_id} name={name} onClose={() => onEdit(null)} />;
      }
      return (
        <div className="flex min-w-0 flex-col">
          <div className="flex min-w-0 items-center gap-1">
            <Link
              to="/runs/$runId"
              params={{ runId: run.run_id }}
              title={name ?? undefined}
              onKeyDown={(event) => {
                if (event.key === "F2" && name !== null) onEdit(run.run_id);
              }}
              className={classNames(
                "name-text text-sm font-medium",
                name === null && "text-soft italic",
                ROW_LINK,
              )}
            >
              {name ?? "new run"}
            </Link>
            {name !== null && (
              <IconButton
                icon={Pencil}
                label={`Rename ${name}`}
                keys="F2"
                onClick={() => onEdit(run.run_id)}
                className="relative z-[1] -my-1 size-6 opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 focus-visible:opacity-100 pointer-coarse:hidden"
              />
            )}
          </div>
          <span className="flex min-w-0 items-center gap-1.5 text-xs text-faint md:hidden">
            <StatusIcon status={run.status} size={12} />
            <span className="truncate">
              {hasAgent && <bdi>{run.agent_name} · </bdi>}
              <Ago at={run.created_at} />
              {run.error_count > 0 && ` · ${formatNumberOf(run.error_count, "error")}`}
            </span>
          </span>
          <Remark run={run} />
        </div>
      );
    },
  };
}

/** What a name does not say: why the run failed, or else what it was asked. */
function Remark({ run }: { readonly run: Run }) {
  const error = run.status === "completed" ? null : run.error_line;
  const text = error ?? run.task;
  if (!text) return null;
  return (
    <bdi
      title={text}
      className={classNames("block truncate text-xs max-md:hidden", error ? "text-bad" : "text-faint")}
    >
      {error ? shortErrorLine(error) : text}
    </bdi>
  );
}

const COLUMNS: readonly Column<Run, RunSort>[] = [
  {
    id: "agent",
    header: "Agent",
    width: "11rem",
    from: "md",
    cell: (run) => (
      <Link
        to="/agents/$agentName"
        params={{ agentName: run.agent_name }}
        className="name-text relative z-[1] block text-soft hover:text-text hover:underline"
      >
        {run.agent_name}
      </Link>
    ),
  },
  {
    id: "status",
    header: "Status",
    width: "9.5rem",
    from: "md",
    cell: (run) => <StatusText status={run.status} className="w-full" />,
  },
  {
    id: "created",
    header: "Started",
    sortBy: "created_at",
    width: "6.5rem",
    from: "md",
    cell: (run) => <Ago at={run.created_at} className="figure text-soft" />,
  },
  {
    id: "duration",
    header: "Duration",
    sortBy: "duration",
    align: "end",
    width: "6.25rem",
    cell: (run) => (
      <Elapsed
        ms={run.total_duration_ms}
        since={run.started_at}
        isLive={!isEnded(run.status) && run.status !== "draft"}
      />
    ),
  },
  {
    id: "events",
    header: "Events",
    meaning: "How many events were recorded",
    align: "end",
    width: "4.75rem",
    from: "lg",
    cell: (run) => <span title={formatCount(run.event_count)}>{formatShort(run.event_count)}</span>,
  },
  {
    id: "errors",
    header: "Errors",
    sortBy: "errors",
    align: "end",
    width: "5rem",
    from: "sm",
    cell: (run) =>
      run.error_count > 0 ? (
        <span className="flex items-center justify-end gap-1 font-medium text-bad">
          <TriangleAlert aria-hidden size={12} />
          {formatShort(run.error_count)}
        </span>
      ) : (
        <span className="text-faint">0</span>
      ),
  },
  {
    id: "tokens",
    header: "Tokens",
    sortBy: "tokens",
    align: "end",
    width: "5.25rem",
    from: "lg",
    cell: (run) => (
      <span title={`${formatCount(run.tokens_in)} in, ${formatCount(run.tokens_out)} out`}>
        {formatShort(run.tokens_in + run.tokens_out)}
      </span>
    ),
  },
  {
    id: "cost",
    header: "Cost",
    sortBy: "cost",
    align: "end",
    width: "6.25rem",
    from: "sm",
    cell: (run) => (
      <span
        title={
          run.unpriced_count > 0
            ? `${formatNumberOf(run.unpriced_count, "call")} without a known price`
            : undefined
        }
      >
        {run.unpriced_count > 0 && <span className="text-wait">≥ </span>}
        {formatCost(run.total_cost)}
      </span>
    ),
  },
  {
    id: "session",
    header: "Session",
    width: "8.5rem",
    from: "xl",
    cell: (run) =>
      run.session_id === "default" ? null : (
        <Link
          to="/sessions/$sessionId"
          params={{ sessionId: run.session_id }}
          className="name-text relative z-[1] block text-soft hover:text-text hover:underline"
        >
          {run.session_id}
        </Link>
      ),
  },
  {
    id: "tags",
    header: "Tags",
    width: "8.5rem",
    from: "xl",
    cell: (run) => (
      <span className="flex min-w-0 items-center gap-1" title={run.tags.join(", ")}>
        {run.tags[0] && (
          <bdi className="truncate rounded-sm bg-sunken px-1.5 text-xs text-soft">{run.tags[0]}</bdi>
        )}
        {run.tags.length > 1 && (
          <span className="figure shrink-0 text-xs text-faint">+{run.tags.length - 1}</span>
        )}
      </span>
    ),
  },
];
