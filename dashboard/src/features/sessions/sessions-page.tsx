import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { MessagesSquare, TriangleAlert } from "lucide-react";
import { useCallback, useMemo } from "react";
import { readSessions, SESSION_SORTS, type Session, type SessionSort } from "@/api/sessions";
import { formatCost, formatCount, formatNumberOf, formatShort } from "@/lib/format";
import { given, readText, readWord, type RawSearch } from "@/lib/search-params";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { Failure, NoMatch, Note, Waiting } from "@/ui/states";
import { ROW_LINK, Table, type Column } from "@/ui/table";

const route = getRouteApi("/sessions");

/** All sessions: which conversations and tasks there were, and what each came to. */
export default function SessionsPage() {
  const search: RawSearch = route.useSearch();
  const navigate = route.useNavigate();
  const q = readText(search, "q");
  const sort = readWord(search, "sort", SESSION_SORTS) ?? "last_active";
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(readSessions({ q, sort }));
  const sessions = useMemo(() => data?.pages.flatMap((page) => page.sessions), [data]);
  const setText = useCallback(
    (text: string) =>
      void navigate({ search: (before) => given({ ...before, q: text || undefined }), replace: true }),
    [navigate],
  );
  return (
    <Page
      title="Sessions"
      tools={
        <>
          {sessions && sessions.length > 0 && (
            <span className="figure text-xs text-faint max-sm:hidden">
              {formatNumberOf(sessions.length, "session")}
              {hasNextPage && " and more"}
            </span>
          )}
          <SearchField label="Search sessions" text={q ?? ""} onText={setText} className="w-60 max-sm:w-44" />
        </>
      }
    >
      {sessions === undefined ? (
        error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting lines={10} />
        )
      ) : sessions.length > 0 ? (
        <Table<Session, SessionSort>
          label="Sessions"
          columns={COLUMNS}
          rows={sessions}
          idOf={(session) => session.session_id}
          nameOf={(session) => session.name}
          sort={{ by: sort, isDescending: sort !== "name" }}
          onSort={(by) => void navigate({ search: (before) => ({ ...before, sort: by }) })}
          hasMore={hasNextPage}
          onMore={() => void fetchNextPage()}
          rowHeight={48}
        />
      ) : q ? (
        <NoMatch what="session" onClear={() => setText("")} />
      ) : (
        <Note icon={MessagesSquare} title="No sessions yet">
          A session is a conversation or a task of several runs. Give runs that belong together the same{" "}
          <code>session_id</code>, and they stand here as its turns.
        </Note>
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<Session, SessionSort>[] = [
  {
    id: "name",
    header: "Session",
    sortBy: "name",
    cell: (session) => (
      <div className="flex min-w-0 flex-col">
        <Link
          to="/sessions/$sessionId"
          params={{ sessionId: session.session_id }}
          title={session.name}
          className={classNames("name-text text-sm font-medium", ROW_LINK)}
        >
          {session.name}
        </Link>
        <span className="truncate text-xs text-faint md:hidden">
          {formatNumberOf(session.run_count, "run")} ·{" "}
          <Ago at={session.last_active_at ?? session.created_at} />
        </span>
      </div>
    ),
  },
  {
    id: "active",
    header: "Last active",
    sortBy: "last_active",
    width: "8rem",
    from: "md",
    cell: (session) => <Ago at={session.last_active_at} className="figure text-soft" />,
  },
  {
    id: "first",
    header: "First run",
    width: "8rem",
    from: "lg",
    cell: (session) => <Ago at={session.first_run_at} className="figure text-soft" />,
  },
  {
    id: "runs",
    header: "Runs",
    sortBy: "runs",
    align: "end",
    width: "5.5rem",
    from: "md",
    cell: (session) => formatCount(session.run_count),
  },
  {
    id: "failed",
    header: "Failed",
    meaning: "How many of its runs failed",
    align: "end",
    width: "5.5rem",
    from: "md",
    cell: (session) => <Bad count={session.failed_runs} />,
  },
  {
    id: "errors",
    header: "Errors",
    meaning: "How many events of its runs failed",
    align: "end",
    width: "5.5rem",
    cell: (session) => <Bad count={session.error_count} />,
  },
  {
    id: "tokens",
    header: "Tokens",
    align: "end",
    width: "6rem",
    from: "lg",
    cell: (session) => (
      <span title={`${formatCount(session.tokens_in)} in, ${formatCount(session.tokens_out)} out`}>
        {formatShort(session.tokens_in + session.tokens_out)}
      </span>
    ),
  },
  {
    id: "cost",
    header: "Cost",
    sortBy: "cost",
    align: "end",
    width: "6.5rem",
    cell: (session) => (
      <span
        title={
          session.unpriced_count > 0
            ? `${formatNumberOf(session.unpriced_count, "call")} without a known price`
            : undefined
        }
      >
        {session.unpriced_count > 0 && <span className="text-wait">≥ </span>}
        {formatCost(session.total_cost)}
      </span>
    ),
  },
];

function Bad({ count }: { readonly count: number }) {
  if (count === 0) return <span className="text-faint">0</span>;
  return (
    <span className="flex items-center justify-end gap-1 font-medium text-bad">
      <TriangleAlert aria-hidden size={12} />
      {formatShort(count)}
    </span>
  );
}
