/** Lists of runs, and what a person changes of a run. */

import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export type Run = Schemas["RunView"];
export type RunSort = "created_at" | "duration" | "cost" | "tokens" | "errors" | "name";
export const RUN_SORTS: readonly RunSort[] = ["created_at", "duration", "cost", "tokens", "errors", "name"];

/** Which runs, in which order; every list of runs in the dashboard is one of these. */
export interface RunQuery {
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly status?: readonly string[] | undefined;
  readonly environment?: string | undefined;
  readonly mode?: string | undefined;
  readonly tag?: string | undefined;
  readonly parent?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly q?: string | undefined;
  readonly has_errors?: boolean | undefined;
  readonly unpriced?: boolean | undefined;
  readonly sort?: RunSort | undefined;
  readonly order?: "asc" | "desc" | undefined;
}

const PAGE = 100;

export const runKeys = {
  all: ["runs"] as const,
  lists: () => [...runKeys.all, "list"] as const,
  list: (query: RunQuery) => [...runKeys.lists(), query] as const,
};

export const readRuns = (query: RunQuery, pageSize = PAGE) =>
  infiniteQueryOptions({
    queryKey: runKeys.list(query),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const { status, ...rest } = query;
      return dataOf(
        await api().GET("/api/runs", {
          params: {
            query: {
              ...withoutUndefined(rest),
              status: status ? [...status] : [],
              limit: pageSize,
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      );
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export async function renameRun(runId: string, newName: string): Promise<Schemas["RunDetailView"]> {
  return dataOf(
    await api().PATCH("/api/by-id/{run_id}", {
      params: { path: { run_id: runId } },
      body: { new_run_name: newName },
    }),
  );
}

/** Delete runs by their ids, however many the server takes at once. */
export async function deleteRuns(runIds: readonly string[]): Promise<number> {
  let deleted = 0;
  for (let begin = 0; begin < runIds.length; begin += 500) {
    let isComplete = false;
    while (!isComplete) {
      const report = dataOf(
        await api().POST("/api/runs/delete", {
          body: { run_ids: runIds.slice(begin, begin + 500), all: false, dry_run: false },
        }),
      );
      deleted += "deleted_runs" in report ? report.deleted_runs : 0;
      isComplete = !("is_complete" in report) || report.is_complete;
    }
  }
  return deleted;
}

/** Tell whether a run belongs to a list, as far as that can be seen of the run; `undefined` where it can't. */
export function matches(run: Run, query: RunQuery): boolean | undefined {
  if (query.agent !== undefined && run.agent_name !== query.agent) return false;
  if (query.session !== undefined && run.session_id !== query.session) return false;
  if (query.parent !== undefined && run.parent_run_id !== query.parent) return false;
  if (query.status?.length && !query.status.includes(run.status)) return false;
  if (query.environment !== undefined && run.environment !== query.environment) return false;
  if (query.mode !== undefined && run.mode !== query.mode) return false;
  if (query.tag !== undefined && !run.tags.includes(query.tag)) return false;
  if (query.has_errors !== undefined && run.error_count > 0 !== query.has_errors) return false;
  return query.q === undefined && query.since === undefined && query.until === undefined ? true : undefined;
}

function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [Key in keyof Value]?: Exclude<Value[Key], undefined>;
  };
}
