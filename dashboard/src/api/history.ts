/** Through which states a run, or one of its nodes, went. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";
import { runKey } from "./run";

export type Transition = Schemas["TransitionView"];

/** The changes of a run's status, oldest first. */
export const readHistory = (runId: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "history"),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/history", {
          params: { path: { run_id: runId }, query: { limit: 100, cursor: pageParam ?? null } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** The changes of a node's status, as its records tell them by time. */
export const readNodeHistory = (runId: string, nodeId: string) =>
  queryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "history"),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/nodes/{node_id}/history", {
          params: { path: { run_id: runId, node_id: nodeId } },
          signal,
        }),
      ),
  });
