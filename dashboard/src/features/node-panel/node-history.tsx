import { useQuery } from "@tanstack/react-query";
import { readNodeHistory } from "@/api/history";
import { formatNumberOf } from "@/lib/format";
import { StateHistory } from "@/parts/state-history";
import { Failure, Note, Waiting } from "@/ui/states";

interface NodeHistoryProps {
  readonly runId: string;
  readonly nodeId: string;
}

/** Through which states a node went. */
export function NodeHistory({ runId, nodeId }: NodeHistoryProps) {
  const { data, error, refetch } = useQuery(readNodeHistory(runId, nodeId));
  if (data === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  if (data.transitions.length === 0) {
    return <Note title="No changes of state">Nothing has been told of it but that it is there.</Note>;
  }
  const hidden = data.transition_count - data.transitions.length;
  return (
    <div className="flex flex-col gap-3 p-4">
      <StateHistory transitions={data.transitions} />
      {hidden > 0 && <p className="text-xs text-soft">after {formatNumberOf(hidden, "earlier change")}</p>}
    </div>
  );
}
