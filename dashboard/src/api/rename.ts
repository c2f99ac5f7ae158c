/** Renaming a run: shown at once, taken back where the server refuses. */

import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { normalName } from "@/lib/name";
import { runKey, type RunDetail } from "./run";
import { renameRun, runKeys, type Run } from "./runs";

type RunPages = InfiniteData<{ runs: Run[]; next_cursor: string | null }>;

interface Renaming {
  readonly runId: string;
  /** What it is called until then: whoever asked for the new name may show that already. */
  readonly name: string;
  readonly newName: string;
}

interface Told {
  readonly onRenamed: (newName: string) => void;
  readonly onRefused: (error: Error, renaming: Renaming) => void;
}

/** Return what renames a run; it tells what became of it also when the page that asked for it is gone. */
export function useRenameRun({ onRenamed, onRefused }: Told) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, newName }: Renaming) => renameRun(runId, newName),
    onMutate: async ({ runId, newName }) => {
      await client.cancelQueries({ queryKey: runKey.detail(runId) });
      showName(client, runId, normalName(newName));
    },
    onError: (error, renaming) => {
      showName(client, renaming.runId, renaming.name);
      // What was being read of it when it was to be renamed was not read to its end.
      void client.invalidateQueries({ queryKey: runKey.detail(renaming.runId) });
      onRefused(error, renaming);
    },
    onSuccess: (run) => {
      client.setQueryData(runKey.detail(run.run_id), run);
      onRenamed(run.run_name ?? "");
    },
    onSettled: () => client.invalidateQueries({ queryKey: runKeys.lists() }),
  });
}

function showName(client: QueryClient, runId: string, runName: string): void {
  client.setQueryData<RunDetail>(runKey.detail(runId), (run) => run && { ...run, run_name: runName });
  client.setQueriesData<RunPages>({ queryKey: runKeys.lists() }, (pages) => {
    if (!pages?.pages.some((page) => page.runs.some((run) => run.run_id === runId))) return pages;
    return {
      ...pages,
      pages: pages.pages.map((page) => ({
        ...page,
        runs: page.runs.map((run) => (run.run_id === runId ? { ...run, run_name: runName } : run)),
      })),
    };
  });
}
