import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { readAgents, type AgentSort } from "@/api/agents";
import { formatNumberOf } from "@/lib/format";
import { given } from "@/lib/search-params";
import { Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { Failure, NoMatch, Waiting } from "@/ui/states";
import { AgentsTable } from "./agents-table";
import { FirstRun } from "./first-run";
import { ImportsLink } from "./imports-link";

const route = getRouteApi("/agents");

/** All agents, and how each is doing. */
export function AgentsPage() {
  const { q, sort = "last_run" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(readAgents({ q, sort }));
  const agents = useMemo(() => data?.pages.flatMap((page) => page.agents), [data]);
  const setText = useCallback(
    (text: string) =>
      void navigate({ search: (before) => given({ ...before, q: text || undefined }), replace: true }),
    [navigate],
  );
  const setSort = (by: AgentSort) => void navigate({ search: (before) => ({ ...before, sort: by }) });
  const isFirst = agents?.length === 0 && !q;
  return (
    <Page
      title="Agents"
      tools={
        !isFirst && (
          <>
            {agents && (
              <span className="figure text-xs text-faint max-sm:hidden">
                {formatNumberOf(agents.length, "agent")}
                {hasNextPage && " and more"}
              </span>
            )}
            <SearchField label="Search agents" text={q ?? ""} onText={setText} className="w-60 max-sm:w-44" />
            <ImportsLink />
          </>
        )
      }
    >
      {agents === undefined ? (
        error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting lines={10} />
        )
      ) : isFirst ? (
        <FirstRun />
      ) : agents.length === 0 ? (
        <NoMatch what="agent" onClear={() => setText("")} />
      ) : (
        <AgentsTable
          agents={agents}
          sort={sort}
          onSort={setSort}
          hasMore={hasNextPage}
          onMore={() => void fetchNextPage()}
        />
      )}
    </Page>
  );
}
