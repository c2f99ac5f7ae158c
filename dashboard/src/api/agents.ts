/** Agents, as the server tells of them. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, nextOf, timeZone, type Schemas } from "./client";
import { dataOf } from "./problem";

export type Agent = Schemas["AgentView"];
export type AgentSort = "name" | "last_run" | "runs" | "cost" | "errors" | "p95";
export const AGENT_SORTS: readonly AgentSort[] = ["name", "last_run", "runs", "cost", "errors", "p95"];

export interface AgentQuery {
  readonly q?: string | undefined;
  readonly sort: AgentSort;
}

const PAGE = 100;

export const agentKeys = {
  all: ["agents"] as const,
  list: (query: AgentQuery) => [...agentKeys.all, "list", query.q ?? "", query.sort] as const,
  detail: (agentName: string) => [...agentKeys.all, "detail", agentName] as const,
  metrics: (agentName: string, days: number) => [...agentKeys.all, "metrics", agentName, days] as const,
};

export const readAgents = (query: AgentQuery) =>
  infiniteQueryOptions({
    queryKey: agentKeys.list(query),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const answer = await api().GET("/api/agents", {
        params: {
          query: {
            q: query.q ?? null,
            sort: query.sort,
            tz: timeZone(),
            limit: PAGE,
            cursor: pageParam ?? null,
          },
        },
        signal,
      });
      return { agents: dataOf(answer), next: nextOf(answer.response, "cursor") };
    },
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const readAgent = (agentName: string) =>
  queryOptions({
    queryKey: agentKeys.detail(agentName),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/agents/{agent_name}", {
          params: { path: { agent_name: agentName }, query: { tz: timeZone() } },
          signal,
        }),
      ),
  });

export async function deleteAgent(agentName: string): Promise<Schemas["DeletedView"]> {
  return dataOf(
    await api().DELETE("/api/agents/{agent_name}", { params: { path: { agent_name: agentName } } }),
  );
}
