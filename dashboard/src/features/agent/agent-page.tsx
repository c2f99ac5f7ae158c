import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { readAgent } from "@/api/agents";
import { isGone } from "@/api/problem";
import type { RunQuery } from "@/api/runs";
import { given } from "@/lib/search-params";
import { PeriodChoice } from "@/parts/period-choice";
import { RunsTable } from "@/parts/runs-table";
import { StatusFilter } from "@/parts/status-filter";
import { CopyButton } from "@/ui/copy";
import { Crumb } from "@/ui/crumb";
import { Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { Failure, Gone, Waiting } from "@/ui/states";
import { AgentCharts } from "./agent-charts";
import { AgentFigures } from "./agent-figures";
import { USUAL_DAYS, type AgentSearch } from "./search";

const route = getRouteApi("/agents/$agentName");
const WITHOUT = ["agent"] as const;

/** An agent: how it does, and its runs. */
export default function AgentPage() {
  const { agentName } = route.useParams();
  const { error, refetch, isPending } = useQuery(readAgent(agentName));
  if (isGone(error)) {
    return (
      <Page title="No such agent" head={<Crumb to="/agents" words="Agents" />}>
        <Gone what="agent">
          <Link to="/agents" className="text-accent underline">
            All agents
          </Link>
        </Gone>
      </Page>
    );
  }
  if (isPending || error) {
    return (
      <Page title={agentName} head={<AgentHead agentName={agentName} />}>
        {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting lines={10} />}
      </Page>
    );
  }
  // Another agent is another page: nothing picked or edited goes along.
  return <KnownAgent key={agentName} agentName={agentName} />;
}

function KnownAgent({ agentName }: { readonly agentName: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (changed: { [Key in keyof AgentSearch]: AgentSearch[Key] | undefined }, replace = false) =>
      void navigate({ search: (before) => given({ ...before, ...changed }) as AgentSearch, replace }),
    [navigate],
  );
  const setText = useCallback((text: string) => change({ q: text || undefined }, true), [change]);
  const { q, status, since, until, sort, order, days = USUAL_DAYS } = search;
  const query = useMemo<RunQuery>(
    () => ({ agent: agentName, q, status, since, until, sort, order }),
    [agentName, q, status, since, until, sort, order],
  );
  const setPeriod = (chosen: number) => change({ days: chosen, since: undefined, until: undefined });
  return (
    <Page
      title={agentName}
      head={<AgentHead agentName={agentName} />}
      tools={
        <>
          <StatusFilter
            statuses={status ?? []}
            onStatuses={(chosen) => change({ status: chosen.length > 0 ? [...chosen] : undefined })}
          />
          <SearchField label="Search runs" text={q ?? ""} onText={setText} className="w-52 max-sm:w-40" />
          <PeriodChoice days={days} onDays={setPeriod} />
        </>
      }
    >
      <RunsTable
        label={`Runs of ${agentName}`}
        query={query}
        onSort={(by, direction) => change({ sort: by, order: direction })}
        isFiltered={q !== undefined || status !== undefined || since !== undefined || until !== undefined}
        onClear={() => change({ q: undefined, status: undefined, since: undefined, until: undefined })}
        without={WITHOUT}
        top={
          <>
            <AgentFigures agentName={agentName} days={days} />
            <AgentCharts
              agentName={agentName}
              days={days}
              since={since}
              until={until}
              onStretch={(from, to) => change({ since: from, until: to }, true)}
            />
          </>
        }
      />
    </Page>
  );
}

function AgentHead({ agentName }: { readonly agentName: string }) {
  return (
    <Crumb to="/agents" words="Agents">
      <h1 className="name-text text-lg font-semibold tracking-tight" title={agentName}>
        {agentName}
      </h1>
      <CopyButton text={agentName} label="Copy the name" />
    </Crumb>
  );
}
