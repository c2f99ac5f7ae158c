/** What people ask of the agent of a run. The agent does it when it next looks, and says that it knows. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";
import { runKey, type RunDetail } from "./run";

export type RunRequest = Schemas["RequestView"];
export type Action = Schemas["RequestBody"]["action"];

export interface Asking {
  readonly action: Action;
  readonly why: string | null;
  readonly who: string | null;
}

/** Return what asks something of the agent of a run; the run's page shows it as soon as the server has it. */
export function useAsk(runId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (asking: Asking) =>
      dataOf(
        await api().POST("/api/by-id/{run_id}/requests", {
          params: { path: { run_id: runId } },
          body: asking,
        }),
      ),
    onSuccess: (request) =>
      client.setQueryData<RunDetail>(runKey.detail(runId), (run) => run && { ...run, request }),
    // Where it is refused, the run is not as the page shows it.
    onSettled: () => client.invalidateQueries({ queryKey: runKey.detail(runId) }),
  });
}
