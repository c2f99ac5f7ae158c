/** What the palette finds: agents, runs and sessions by a part of their name. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export interface Found {
  readonly agents: readonly Schemas["AgentView"][];
  readonly runs: readonly Schemas["RunView"][];
  readonly sessions: readonly Schemas["SessionView"][];
}

const MOST = 6;

export const find = (text: string) =>
  queryOptions({
    queryKey: ["find", text],
    staleTime: 2_000,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Found> => {
      const query = { limit: MOST, ...(text ? { q: text } : {}) };
      const [agents, runs, sessions] = await Promise.all([
        api().GET("/api/agents", { params: { query: { ...query, sort: "last_run" } }, signal }),
        api().GET("/api/runs", { params: { query }, signal }),
        api().GET("/api/sessions", { params: { query: { ...query, sort: "last_active" } }, signal }),
      ]);
      return { agents: dataOf(agents), runs: dataOf(runs).runs, sessions: dataOf(sessions).sessions };
    },
  });
