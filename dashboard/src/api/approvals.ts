/** What agents ask people. All of it is read again as runs change. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export type Approval = Schemas["ApprovalView"];

const PAGE = 50;

export const approvalKeys = {
  all: ["approvals"] as const,
  count: ["approvals", "count"] as const,
  list: (which: "open" | "all") => ["approvals", "list", which] as const,
  ofRun: (runId: string) => ["approvals", "run", runId] as const,
  one: (runId: string, eventId: string) => ["approvals", "one", runId, eventId] as const,
};

/** How many wait for an answer. */
export const readOpenCount = queryOptions({
  queryKey: approvalKeys.count,
  queryFn: async ({ signal }) =>
    dataOf(await api().GET("/api/approvals", { params: { query: { status: "open", limit: 1 } }, signal }))
      .open_count,
});

/** Approvals of the newest runs first, a page of so many runs at a time. */
export const readApprovals = (which: "open" | "all") =>
  infiniteQueryOptions({
    queryKey: approvalKeys.list(which),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/approvals", {
          params: { query: { status: which, limit: PAGE, cursor: pageParam ?? null } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** The approvals of a run by time. */
export const readRunApprovals = (runId: string) =>
  queryOptions({
    queryKey: approvalKeys.ofRun(runId),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/approvals", { params: { path: { run_id: runId } }, signal }),
      ).approvals,
  });

export const readApproval = (runId: string, eventId: string) =>
  queryOptions({
    queryKey: approvalKeys.one(runId, eventId),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/approvals/{event_id}", {
          params: { path: { run_id: runId, event_id: eventId } },
          signal,
        }),
      ),
  });
