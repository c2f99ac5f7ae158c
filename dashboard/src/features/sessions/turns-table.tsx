import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { Run } from "@/api/runs";
import { formatCost, formatNumberOf, formatShort } from "@/lib/format";
import { isEnded } from "@/lib/vocabulary";
import { classNames } from "@/ui/class-names";
import { Elapsed, Moment } from "@/ui/clock";
import { StatusIcon, StatusText } from "@/ui/status";
import { ROW_LINK, Table, type Column } from "@/ui/table";

interface TurnsTableProps {
  readonly runs: readonly Run[];
  readonly top: ReactNode;
  readonly instead: ReactNode;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

interface Turn {
  readonly number: number;
  readonly run: Run;
}

/** The runs of a session in the order in which they began: what was asked, by whom, and how it went. */
export function TurnsTable({ runs, top, instead, hasMore, onMore }: TurnsTableProps) {
  const turns = useMemo(() => runs.map((run, index): Turn => ({ number: index + 1, run })), [runs]);
  return (
    <Table<Turn>
      label="Turns"
      columns={COLUMNS}
      rows={turns}
      idOf={({ run }) => run.run_id}
      nameOf={({ run }) => run.run_name ?? "new run"}
      hasMore={hasMore}
      onMore={onMore}
      rowHeight={56}
      top={top}
      instead={instead}
    />
  );
}

const COLUMNS: readonly Column<Turn>[] = [
  {
    id: "number",
    header: "Turn",
    width: "4rem",
    cell: ({ number }) => <span className="figure text-faint">{number}</span>,
  },
  {
    id: "task",
    header: "Run",
    cell: ({ run }) => (
      <div className="flex min-w-0 flex-col">
        <Link
          to="/runs/$runId"
          params={{ runId: run.run_id }}
          title={run.run_name ?? undefined}
          className={classNames(
            "name-text text-sm font-medium",
            run.run_name === null && "text-soft italic",
            ROW_LINK,
          )}
        >
          {run.run_name ?? "new run"}
        </Link>
        <span className="flex min-w-0 items-center gap-1.5 text-xs text-faint">
          <StatusIcon status={run.status} size={12} className="md:hidden" />
          <span className="truncate" title={run.task ?? undefined}>
            <bdi>{run.agent_name}</bdi>
            {run.task && (
              <>
                {" · "}
                <bdi>{run.task}</bdi>
              </>
            )}
          </span>
        </span>
      </div>
    ),
  },
  {
    id: "status",
    header: "Status",
    width: "10.5rem",
    from: "md",
    cell: ({ run }) => <StatusText status={run.status} className="w-full" />,
  },
  {
    id: "started",
    header: "Started",
    width: "9.5rem",
    from: "lg",
    cell: ({ run }) => <Moment at={run.created_at} className="figure text-soft" />,
  },
  {
    id: "duration",
    header: "Duration",
    align: "end",
    width: "7rem",
    cell: ({ run }) => (
      <Elapsed
        ms={run.total_duration_ms}
        since={run.started_at}
        isLive={!isEnded(run.status) && run.status !== "draft"}
      />
    ),
  },
  {
    id: "errors",
    header: "Errors",
    align: "end",
    width: "5rem",
    from: "sm",
    cell: ({ run }) =>
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
    align: "end",
    width: "5.5rem",
    from: "lg",
    cell: ({ run }) => formatShort(run.tokens_in + run.tokens_out),
  },
  {
    id: "cost",
    header: "Cost",
    align: "end",
    width: "6.5rem",
    from: "sm",
    cell: ({ run }) => (
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
];
