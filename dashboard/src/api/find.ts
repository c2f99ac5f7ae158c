/** What the palette finds: agents and runs by a part of their name, sessions among the newest. */

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
      const q = text || null;
      const [agents, runs, sessions] = await Promise.all([
        api().GET("/api/agents", { params: { query: { q, sort: "last_run", limit: MOST } }, signal }),
        api().GET("/api/runs", { params: { query: { ...(text ? { q: text } : {}), limit: MOST } }, signal }),
        api().GET("/api/sessions", { params: { query: { limit: text ? 200 : MOST } }, signal }),
      ]);
      const lower = text.toLowerCase();
      return {
        agents: dataOf(agents),
        runs: dataOf(runs).runs,
        sessions: dataOf(sessions)
          .sessions.filter((session) => session.name.toLowerCase().includes(lower))
          .slice(0, MOST),
      };
    },
  });
