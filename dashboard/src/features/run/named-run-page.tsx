import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import { isGone } from "@/api/problem";
import { readRunNamed } from "@/api/run";
import { Crumb } from "@/ui/crumb";
import { Page } from "@/ui/page";
import { Failure, Gone, Waiting } from "@/ui/states";

interface NamedRunPageProps {
  readonly agentName: string;
  readonly runName: string;
}

/** The address of a run by its names: it leads to that by id, which stays right when the run is renamed. */
export function NamedRunPage({ agentName, runName }: NamedRunPageProps) {
  const { data: run, error, refetch } = useQuery(readRunNamed(agentName, runName));
  if (run !== undefined)
    return <Navigate to="/runs/$runId" params={{ runId: run.run_id }} replace search={{}} />;
  return (
    <Page title={runName} head={<Crumb to="/runs" words="Runs" />}>
      {isGone(error) ? (
        <Gone what="run">
          <Link
            to="/agents/$agentName"
            params={{ agentName }}
            className="name-text max-w-80 text-accent underline"
          >
            {agentName}
          </Link>
        </Gone>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}
