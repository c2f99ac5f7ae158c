/** Sessions, as the server tells of them. Keys begin with `sessions`: they are read again as runs change. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export type Session = Schemas["SessionView"];
export type SessionSort = "created_at" | "last_active" | "runs" | "cost" | "name";
export const SESSION_SORTS: readonly SessionSort[] = ["created_at", "last_active", "runs", "cost", "name"];

export interface SessionQuery {
  readonly q?: string | undefined;
  readonly sort: SessionSort;
}

const PAGE = 100;

export const sessionKeys = {
  all: ["sessions"] as const,
  list: (query: SessionQuery) => [...sessionKeys.all, "list", query.q ?? "", query.sort] as const,
  detail: (sessionId: string) => [...sessionKeys.all, "detail", sessionId] as const,
};

export const readSessions = (query: SessionQuery) =>
  infiniteQueryOptions({
    queryKey: sessionKeys.list(query),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/sessions", {
          params: {
            query: { q: query.q ?? null, sort: query.sort, limit: PAGE, cursor: pageParam ?? null },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const readSession = (sessionId: string) =>
  queryOptions({
    queryKey: sessionKeys.detail(sessionId),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/sessions/{session_id}", {
          params: { path: { session_id: sessionId } },
          signal,
        }),
      ),
  });
