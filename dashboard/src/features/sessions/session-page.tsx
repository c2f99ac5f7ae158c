import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { isGone } from "@/api/problem";
import { readRuns, type Run, type RunQuery } from "@/api/runs";
import { readSession, type Session } from "@/api/sessions";
import { CopyButton } from "@/ui/copy";
import { Crumb } from "@/ui/crumb";
import { Page } from "@/ui/page";
import { Failure, Gone, Note, Waiting } from "@/ui/states";
import { SessionCharts } from "./session-charts";
import { SessionFigures } from "./session-figures";
import { TurnsTable } from "./turns-table";

const route = getRouteApi("/sessions/$sessionId");
const NO_RUNS: readonly Run[] = [];

/** A session: its runs as turns, one after the other, and what they come to. */
export default function SessionPage() {
  const { sessionId } = route.useParams();
  const { data: session, error, refetch } = useQuery(readSession(sessionId));
  if (isGone(error)) {
    return (
      <Page title="No such session" head={<Crumb to="/sessions" words="Sessions" />}>
        <Gone what="session">
          <Link to="/sessions" className="text-accent underline">
            All sessions
          </Link>
        </Gone>
      </Page>
    );
  }
  return (
    <Page
      title={session?.name ?? sessionId}
      head={<SessionHead name={session?.name ?? sessionId} id={sessionId} />}
    >
      {session ? (
        <Turns key={sessionId} session={session} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting lines={10} />
      )}
    </Page>
  );
}

function Turns({ session }: { readonly session: Session }) {
  const query = useMemo<RunQuery>(
    () => ({ session: session.session_id, sort: "created_at", order: "asc" }),
    [session.session_id],
  );
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(readRuns(query));
  const runs = useMemo(() => data?.pages.flatMap((page) => page.runs), [data]);
  const top = (
    <>
      <SessionFigures session={session} />
      {runs && runs.length > 1 && <SessionCharts runs={runs} hasMore={hasNextPage} />}
    </>
  );
  return (
    <TurnsTable
      runs={runs ?? NO_RUNS}
      top={top}
      instead={
        runs !== undefined ? (
          <Note title="No runs yet">Runs of this session appear here as they are recorded.</Note>
        ) : error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting lines={8} />
        )
      }
      hasMore={hasNextPage}
      onMore={() => void fetchNextPage()}
    />
  );
}

function SessionHead({ name, id }: { readonly name: string; readonly id: string }) {
  return (
    <Crumb to="/sessions" words="Sessions">
      <h1 className="name-text text-lg font-semibold tracking-tight" title={name}>
        {name}
      </h1>
      <CopyButton text={id} label="Copy the session's id" />
    </Crumb>
  );
}
