/** Renaming a run: shown at once, taken back where the server refuses. */

import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { normalName } from "@/lib/name";
import { runKey, type RunDetail } from "./run";
import { renameRun, runKeys, type Run } from "./runs";

type RunPages = InfiniteData<{ runs: Run[]; next_cursor: string | null }>;

interface Renaming {
  readonly runId: string;
  readonly newName: string;
}

interface Told {
  readonly onRenamed: (newName: string) => void;
  readonly onRefused: (error: Error) => void;
}

/** Return what renames a run; it tells what became of it also when the page that asked for it is gone. */
export function useRenameRun({ onRenamed, onRefused }: Told) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, newName }: Renaming) => renameRun(runId, newName),
    onMutate: async ({ runId, newName }) => {
      await client.cancelQueries({ queryKey: runKey.detail(runId) });
      const formerName = shownName(client, runId);
      showName(client, runId, normalName(newName));
      return { formerName };
    },
    onError: (error, { runId }, context) => {
      if (context?.formerName !== undefined) showName(client, runId, context.formerName);
      onRefused(error);
    },
    onSuccess: (run) => {
      client.setQueryData(runKey.detail(run.run_id), run);
      onRenamed(run.run_name ?? "");
    },
    onSettled: () => client.invalidateQueries({ queryKey: runKeys.lists() }),
  });
}

function shownName(client: QueryClient, runId: string): string | null | undefined {
  const detail = client.getQueryData<RunDetail>(runKey.detail(runId));
  if (detail !== undefined) return detail.run_name;
  for (const [, pages] of client.getQueriesData<RunPages>({ queryKey: runKeys.lists() })) {
    const run = pages?.pages.flatMap((page) => page.runs).find((each) => each.run_id === runId);
    if (run !== undefined) return run.run_name;
  }
  return undefined;
}

function showName(client: QueryClient, runId: string, runName: string | null): void {
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
