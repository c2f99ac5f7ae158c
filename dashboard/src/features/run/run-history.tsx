import { useInfiniteQuery } from "@tanstack/react-query";
import { readHistory } from "@/api/history";
import type { RunDetail } from "@/api/run";
import { StateHistory } from "@/parts/state-history";
import { Button } from "@/ui/button";
import { Failure, Waiting } from "@/ui/states";

/** Through which states a run went. */
export default function RunHistory({ run }: { readonly run: RunDetail }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    readHistory(run.run_id),
  );
  if (data === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  const transitions = data.pages.flatMap((page) => page.transitions);
  if (transitions.length === 0) {
    return <p className="text-sm text-soft">It has been in the state that it began with ever since.</p>;
  }
  return (
    <div className="flex flex-col gap-4">
      {hasNextPage && (
        <Button onClick={() => void fetchNextPage()} disabled={isFetchingNextPage} className="self-center">
          Show later ones
        </Button>
      )}
      <StateHistory transitions={transitions} />
    </div>
  );
}
