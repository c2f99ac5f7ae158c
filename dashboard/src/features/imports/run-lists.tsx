import { Link } from "@tanstack/react-router";
import type { ImportReport } from "@/api/imports";
import { formatCount } from "@/lib/format";
import { CopyButton } from "@/ui/copy";
import { ReportTable, type ReportColumn } from "./report-table";

type Refused = ImportReport["refused_runs"][number];
type Renamed = ImportReport["renamed_runs"][number];

/** Runs that were not taken. They have no page here, so their ids are told. */
export function RefusedRuns({ report }: { readonly report: ImportReport }) {
  return (
    <>
      <ReportTable
        label="Refused runs"
        columns={REFUSED}
        rows={report.refused_runs}
        keyOf={(run) => run.run_id}
      />
      <More listed={report.refused_runs.length} total={report.runs.refused} />
    </>
  );
}

/** Runs that are called otherwise here, with the way to each. */
export function RenamedRuns({ report }: { readonly report: ImportReport }) {
  return (
    <>
      <ReportTable
        label="Renamed runs"
        columns={RENAMED}
        rows={report.renamed_runs}
        keyOf={(run) => run.run_id}
      />
      <More listed={report.renamed_runs.length} total={report.runs.renamed} />
    </>
  );
}

function More({ listed, total }: { readonly listed: number; readonly total: number }) {
  if (total <= listed) return null;
  return <p className="mt-2 text-xs text-faint">And {formatCount(total - listed)} more.</p>;
}

const TEXT = "[overflow-wrap:anywhere]";

const REFUSED: readonly ReportColumn<Refused>[] = [
  {
    header: "Run",
    cell: (run) => (
      <span className="flex min-w-24 flex-col">
        <bdi className={TEXT}>{run.run_name ?? "new run"}</bdi>
        <bdi className={`text-xs text-faint ${TEXT}`}>{run.agent_name}</bdi>
      </span>
    ),
  },
  { header: "Why", cell: (run) => <bdi className={TEXT}>{run.reason}</bdi> },
  {
    header: "Id",
    cell: (run) => (
      <span className="flex items-center gap-1">
        <bdi className="font-mono text-xs [overflow-wrap:anywhere] text-soft max-sm:hidden">{run.run_id}</bdi>
        <CopyButton text={run.run_id} label="Copy the run's id" />
      </span>
    ),
  },
];

const RENAMED: readonly ReportColumn<Renamed>[] = [
  {
    header: "Run",
    cell: (run) => (
      <Link
        to="/runs/$runId"
        params={{ runId: run.run_id }}
        className={`text-accent hover:underline ${TEXT}`}
      >
        <bdi>{run.run_name ?? "new run"}</bdi>
      </Link>
    ),
  },
  { header: "Agent", cell: (run) => <bdi className={`block min-w-20 ${TEXT}`}>{run.agent_name}</bdi> },
  { header: "Wanted name", cell: (run) => <bdi className={TEXT}>{run.wanted_name ?? ""}</bdi> },
];
