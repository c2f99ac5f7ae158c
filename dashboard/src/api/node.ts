/** One node of one run: nodes of other runs may be called the same, so all of it is asked by run and node. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";
import { runKey } from "./run";

export type NodeSummary = Schemas["NodeSummaryView"];
export type NodeEvent = Schemas["NodeEventsView"]["events"][number];

const PAGE = 500;

const at = (runId: string, nodeId: string) => ({ path: { run_id: runId, node_id: nodeId } });
const page = (cursor: string | undefined, limit = PAGE) => ({ limit, ...(cursor ? { cursor } : {}) });

export const readNodeSummary = (runId: string, nodeId: string) =>
  queryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "summary"),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/runs/{run_id}/nodes/{node_id}/execution-summary", {
          params: at(runId, nodeId),
          signal,
        }),
      ),
  });

/** The events of a node, a page of few at a time, as they come with their payloads. */
export const readNodeEvents = (runId: string, nodeId: string, eventType?: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "events", eventType ?? ""),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/runs/{run_id}/nodes/{node_id}/events", {
          params: {
            ...at(runId, nodeId),
            query: { ...page(pageParam, 100), ...(eventType ? { event_type: eventType } : {}) },
          },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

/** The failed events of a node, without payloads, in execution order; the first page of them. */
export const readNodeErrors = (runId: string, nodeId: string) =>
  queryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "errors"),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/events", {
          params: { path: { run_id: runId }, query: { node: nodeId, errors: true, limit: PAGE } },
          signal,
        }),
      ),
  });

export const readNodeFiles = (runId: string, nodeId: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "files"),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/runs/{run_id}/nodes/{node_id}/files", {
          params: { ...at(runId, nodeId), query: page(pageParam) },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export const readNodeMessages = (runId: string, nodeId: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "node", nodeId, "messages"),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/runs/{run_id}/nodes/{node_id}/messages", {
          params: { ...at(runId, nodeId), query: page(pageParam) },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
