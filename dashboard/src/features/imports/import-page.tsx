import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { readImport, type ImportReport } from "@/api/imports";
import { isGone } from "@/api/problem";
import { formatCount, formatDuration, formatNumberOf } from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { Moment } from "@/ui/clock";
import { CopyButton } from "@/ui/copy";
import { Figure } from "@/ui/figure";
import { Page } from "@/ui/page";
import { Failure, Gone, Waiting } from "@/ui/states";
import { CaseList } from "./case-list";
import { OutcomeIcon } from "./outcome-text";
import { RefusedRuns, RenamedRuns } from "./run-lists";
import { KindFigures, TableFigures } from "./table-figures";
import { capital, findingsOf, outcomeOf, OUTCOMES, sumsOf } from "./verdict";

const route = getRouteApi("/imports/$importId");

/** One import: whether every row is accounted for, and what became of which. */
export default function ImportPage() {
  const { importId } = route.useParams();
  const { data: report, error, refetch } = useQuery(readImport(importId));
  if (isGone(error)) {
    return (
      <Page title="No such import" head={<span />}>
        <Gone what="import">
          <Link to="/imports" className="text-accent underline">
            All imports
          </Link>
        </Gone>
      </Page>
    );
  }
  return (
    <Page title={report?.source ?? "Import"} head={<ImportHead report={report} />}>
      {report ? (
        <Report key={importId} report={report} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Page>
  );
}

function ImportHead({ report }: { readonly report: ImportReport | undefined }) {
  return (
    <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-0.5">
      <nav aria-label="Breadcrumb" className="flex min-w-0 items-center gap-1.5">
        <Link to="/imports" className="text-sm text-soft hover:text-text hover:underline">
          Imports
        </Link>
        <ChevronRight aria-hidden size={14} className="shrink-0 text-faint" />
        <h1 className="name-text text-lg font-semibold tracking-tight" title={report?.source}>
          {report?.source ?? "Import"}
        </h1>
        {report && (
          <CopyButton text={() => JSON.stringify(report, null, 2)} label="Copy the report as JSON" />
        )}
      </nav>
      {report && (
        <p className="min-w-0 text-sm text-soft">
          {capital(report.kind)}, imported <Moment at={report.ended_at} />
          {report.who !== null && (
            <>
              {" by "}
              <bdi>{report.who}</bdi>
            </>
          )}
          {report.into !== null && (
            <>
              {" into the session "}
              <Link
                to="/sessions/$sessionId"
                params={{ sessionId: report.into }}
                className="text-accent hover:underline"
              >
                <bdi>{report.into}</bdi>
              </Link>
            </>
          )}
        </p>
      )}
    </div>
  );
}

function Report({ report }: { readonly report: ImportReport }) {
  const leftOut = report.tables.flatMap(({ table, left_out }) =>
    left_out.map(({ reason, count, examples }) => ({ place: table, what: reason, count, examples })),
  );
  return (
    <div
      role="region"
      aria-label="Report"
      // A report may hold nothing else that the keyboard gets to, and it is long.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="h-full overflow-auto focus-visible:-outline-offset-2"
    >
      <Verdict report={report} />
      <Figures report={report} />
      <div className="flex max-w-7xl flex-col gap-7 px-4 py-6 sm:px-5">
        <div className="grid items-start gap-x-6 gap-y-7 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <Section
            title="What was found"
            note="Each row of the old database is stored, or left out with a reason."
          >
            <TableFigures tables={report.tables} />
          </Section>
          <Section title="What became of it" note="What was sent, and what this database then had of it.">
            <KindFigures kinds={report.kinds} />
          </Section>
        </div>
        {report.refused_runs.length > 0 && (
          <Section
            title="Refused runs"
            note="Nothing of them was taken, and their rows are left out. A copy from before stays as it was."
          >
            <RefusedRuns report={report} />
          </Section>
        )}
        {report.renamed_runs.length > 0 && (
          <Section title="Renamed runs" note="Another run of the agent has the name that they wanted.">
            <RenamedRuns report={report} />
          </Section>
        )}
        <Section title="Left out" note="Rows that have no place here, and why.">
          {leftOut.length > 0 ? (
            <CaseList label="Left out" cases={leftOut} />
          ) : (
            <Nothing>No row was left out.</Nothing>
          )}
        </Section>
        <Section title="Repaired" note="What was wrong in the old database, and is right here.">
          {report.repairs.length > 0 ? (
            <CaseList label="Repaired" cases={report.repairs} />
          ) : (
            <Nothing>Nothing needed a repair.</Nothing>
          )}
        </Section>
      </div>
    </div>
  );
}

const TINTS = { good: "bg-good-tint", wait: "bg-wait-tint", bad: "bg-bad-tint" } as const;
const WORDS = { good: "text-good", wait: "text-wait", bad: "text-bad" } as const;

function Verdict({ report }: { readonly report: ImportReport }) {
  const outcome = outcomeOf({ ...report, refused: report.runs.refused });
  const { title, tone } = OUTCOMES[outcome];
  return (
    <section
      aria-label="Verdict"
      className={classNames("flex gap-3 border-b border-line px-4 py-3 sm:px-5", TINTS[tone])}
    >
      <span className="pt-0.5">
        <OutcomeIcon outcome={outcome} size={18} />
      </span>
      <div className="min-w-0">
        <h2 className={classNames("text-base font-semibold", WORDS[tone])}>{title}</h2>
        {findingsOf(report).map((finding) => (
          <p key={finding} className="text-sm [overflow-wrap:anywhere]">
            {finding}
          </p>
        ))}
      </div>
    </section>
  );
}

function Figures({ report }: { readonly report: ImportReport }) {
  const { runs } = report;
  const sums = sumsOf(report.tables);
  const repaired = report.repairs.reduce((sum, { count }) => sum + count, 0);
  const made = report.kinds.reduce((sum, each) => sum + each.made, 0);
  return (
    <dl className="grid grid-cols-2 border-b border-line bg-surface sm:grid-cols-5">
      <Figure
        label="New runs"
        value={formatCount(runs.new)}
        note={`${formatCount(runs.same)} same, ${formatCount(runs.changed)} changed`}
      />
      <Figure
        label="Refused runs"
        value={formatCount(runs.refused)}
        note={`${formatCount(runs.renamed)} renamed`}
        bad={runs.refused > 0 ? "value" : undefined}
      />
      <Figure
        label="Rows found"
        value={formatCount(sums.found)}
        note={`${formatCount(sums.stored)} stored, ${formatCount(sums.leftOut)} left out`}
      />
      <Figure label="Repairs" value={formatCount(repaired)} note={`${formatNumberOf(made, "row")} made`} />
      <Figure
        label="Took"
        value={formatDuration(Date.parse(report.ended_at) - Date.parse(report.started_at))}
        note={
          <>
            since <Moment at={report.started_at} />
          </>
        }
      />
    </dl>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note: string;
  readonly children: ReactNode;
}

function Section({ title, note, children }: SectionProps) {
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="text-base font-semibold tracking-tight">{title}</h2>
      <p className="mb-2 text-sm text-soft">{note}</p>
      {children}
    </section>
  );
}

function Nothing({ children }: { readonly children: ReactNode }) {
  return <p className="text-sm text-faint">{children}</p>;
}
