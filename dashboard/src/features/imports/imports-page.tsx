import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { readImports, type ImportSummary } from "@/api/imports";
import { formatCount, formatNumberOf } from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { Page } from "@/ui/page";
import { Failure, Waiting } from "@/ui/states";
import { ROW_LINK, Table, type Column } from "@/ui/table";
import { HowToImport } from "./how-to-import";
import { OutcomeIcon, OutcomeText } from "./outcome-text";
import { capital, outcomeOf, OUTCOMES } from "./verdict";

/** All imports of old databases: what each brought, and whether every row of it is accounted for. */
export default function ImportsPage() {
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(readImports());
  const imports = useMemo(() => data?.pages.flatMap((page) => page.imports), [data]);
  return (
    <Page
      title="Imports"
      tools={
        imports &&
        imports.length > 0 && (
          <span className="figure text-xs text-faint">
            {formatNumberOf(imports.length, "import")}
            {hasNextPage && " and more"}
          </span>
        )
      }
    >
      {imports === undefined ? (
        error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting lines={8} />
        )
      ) : imports.length > 0 ? (
        <Table<ImportSummary>
          label="Imports"
          columns={COLUMNS}
          rows={imports}
          idOf={(each) => each.import_id}
          nameOf={(each) => each.source}
          hasMore={hasNextPage}
          onMore={() => void fetchNextPage()}
          rowHeight={56}
        />
      ) : (
        <HowToImport />
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<ImportSummary>[] = [
  {
    id: "source",
    header: "Source",
    cell: (each) => (
      <div className="flex min-w-0 flex-col">
        <Link
          to="/imports/$importId"
          params={{ importId: each.import_id }}
          title={each.source}
          className={classNames("name-text text-sm font-medium", ROW_LINK)}
        >
          {each.source}
        </Link>
        <span className="flex min-w-0 items-center gap-1.5 text-xs text-faint">
          <span className="truncate max-md:hidden">{capital(each.kind)}</span>
          <span className="flex min-w-0 items-center gap-1.5 md:hidden">
            <OutcomeIcon outcome={outcomeOf(each)} size={12} />
            <span className="truncate">
              {OUTCOMES[outcomeOf(each)].label} · <Ago at={each.ended_at} />
            </span>
          </span>
        </span>
      </div>
    ),
  },
  {
    id: "outcome",
    header: "Outcome",
    width: "10rem",
    from: "md",
    cell: (each) => <OutcomeText outcome={outcomeOf(each)} />,
  },
  {
    id: "when",
    header: "When",
    width: "7.5rem",
    from: "md",
    cell: (each) => <Ago at={each.ended_at} className="figure text-soft" />,
  },
  {
    id: "new",
    header: "New runs",
    meaning: "Runs that were not here before",
    align: "end",
    width: "6rem",
    cell: (each) => formatCount(each.new),
  },
  {
    id: "same",
    header: "Same",
    meaning: "Runs that were here, and that it did not change",
    align: "end",
    width: "5.5rem",
    from: "lg",
    cell: (each) => <Quiet count={each.same} />,
  },
  {
    id: "changed",
    header: "Changed",
    meaning: "Runs that were here, and that it added to",
    align: "end",
    width: "5.5rem",
    from: "lg",
    cell: (each) => <Quiet count={each.changed} />,
  },
  {
    id: "refused",
    header: "Refused",
    meaning: "Runs that were not taken",
    align: "end",
    width: "5.5rem",
    from: "md",
    cell: (each) => <Quiet count={each.refused} isBad />,
  },
  {
    id: "found",
    header: "Rows found",
    meaning: "Rows of all tables of the database",
    align: "end",
    width: "7rem",
    from: "sm",
    cell: (each) => formatCount(each.found),
  },
  {
    id: "left",
    header: "Left out",
    meaning: "Rows that were not taken, each with a reason",
    align: "end",
    width: "6rem",
    cell: (each) => <Quiet count={each.left_out} />,
  },
];

function Quiet({ count, isBad = false }: { readonly count: number; readonly isBad?: boolean }) {
  return (
    <span className={count === 0 ? "text-faint" : isBad ? "font-medium text-bad" : undefined}>
      {formatCount(count)}
    </span>
  );
}
