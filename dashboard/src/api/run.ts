/** One run, by its id: the run itself, and each view of it. Names are resolved to ids once, by `readRunNamed`. */

import { infiniteQueryOptions, queryOptions, type QueryKey } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export type RunDetail = Schemas["RunDetailView"];
export type Event = Schemas["EventView"];
export type EventDetail = Schemas["EventDetailView"];
export type Dag = Schemas["DagView"];
export type Course = Schemas["CourseView"];
export type Plan = Schemas["PlanView"];
export type PlanStep = Schemas["PlanStepView"];
export type Message = Schemas["MessageView"];
export type File = Schemas["FileView"];
export type Spans = Schemas["SpanPageView"];
export type Overview = Schemas["OverviewView"];

const ROWS = "rows";

export const runKey = {
  all: (runId: string) => ["run", runId] as const,
  detail: (runId: string) => ["run", runId, "detail"] as const,
  named: (agentName: string, runName: string) => ["run-named", agentName, runName] as const,
  views: (runId: string) => ["run", runId, "view"] as const,
  /** What follows from the run's records; a change of the run makes it be read again. */
  view: (runId: string, view: string, ...rest: readonly unknown[]) =>
    ["run", runId, "view", view, ...rest] as const,
  /** Rows that follow the run by themselves. */
  rows: (runId: string) => ["run", runId, ROWS] as const,
  /** A payload: it is fetched when it is opened, and not because the run goes on. */
  event: (runId: string, eventId: string) => ["run", runId, "event", eventId] as const,
};

export const isRows = ([noun, , what]: QueryKey): boolean => noun === "run" && what === ROWS;

const at = (runId: string) => ({ path: { run_id: runId } });

export const readRun = (runId: string) =>
  queryOptions({
    queryKey: runKey.detail(runId),
    queryFn: async ({ signal }) =>
      dataOf(await api().GET("/api/by-id/{run_id}", { params: at(runId), signal })),
  });

export const readRunNamed = (agentName: string, runName: string) =>
  queryOptions({
    queryKey: runKey.named(agentName, runName),
    // Another run may have the name by now.
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/runs/{agent_name}/{run_name}", {
          params: { path: { agent_name: agentName, run_name: runName } },
          signal,
        }),
      ),
  });

export const readDag = (runId: string, limit = 5_000) =>
  queryOptions({
    queryKey: runKey.view(runId, "dag", limit),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/dag", { params: { ...at(runId), query: { limit } }, signal }),
      ),
  });

/** The graph with what each node was when. */
export const readDagStates = (runId: string, limit: number) =>
  queryOptions({
    queryKey: runKey.view(runId, "dag-states", limit),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/dag", {
          params: { ...at(runId), query: { limit, states: true } },
          signal,
        }),
      ),
  });

export const readPlan = (runId: string) =>
  queryOptions({
    queryKey: runKey.view(runId, "plan"),
    queryFn: async ({ signal }) =>
      dataOf(await api().GET("/api/by-id/{run_id}/plan", { params: at(runId), signal })),
  });

export const readCourse = (runId: string, limit: number) =>
  queryOptions({
    queryKey: runKey.view(runId, "executions", limit),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/executions", {
          params: { ...at(runId), query: { limit } },
          signal,
        }),
      ),
  });

export interface SpanWindow {
  readonly from_order?: number;
  readonly limit?: number;
  readonly since?: string;
  readonly until?: string;
  readonly max_rows?: number;
  readonly search?: string;
  readonly errors?: boolean;
}

export const readSpans = (runId: string, window: SpanWindow) =>
  queryOptions({
    queryKey: runKey.view(runId, "spans", window),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/spans", {
          params: { ...at(runId), query: { ...window } },
          signal,
        }),
      ),
  });

export const readOverview = (runId: string, buckets = 150) =>
  queryOptions({
    queryKey: runKey.view(runId, "overview", buckets),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/spans/overview", {
          params: { ...at(runId), query: { buckets } },
          signal,
        }),
      ),
  });

export interface EventQuery {
  readonly type?: readonly string[];
  readonly status?: readonly string[];
  readonly node?: string;
  readonly agent?: string;
  readonly search?: string;
  readonly errors?: boolean;
}

export const readEvents = (runId: string, query: EventQuery = {}) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "events", query),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const { type, status, ...rest } = query;
      return dataOf(
        await api().GET("/api/by-id/{run_id}/events", {
          params: {
            ...at(runId),
            query: {
              ...rest,
              type: type ? [...type] : [],
              status: status ? [...status] : [],
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      );
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const readEvent = (runId: string, eventId: string) =>
  queryOptions({
    queryKey: runKey.event(runId, eventId),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/events/{event_id}", {
          params: { path: { run_id: runId, event_id: eventId } },
          signal,
        }),
      ),
  });

export const readMessages = (runId: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "messages"),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/messages", {
          params: { ...at(runId), query: { limit: 500, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const readFiles = (runId: string) =>
  infiniteQueryOptions({
    queryKey: runKey.view(runId, "files"),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/by-id/{run_id}/files", {
          params: { ...at(runId), query: { limit: 500, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

const SHOWN_OF_EVENT = 50;

/** The first messages and files of one event. */
export const readBelongings = (runId: string, eventId: string) =>
  queryOptions({
    queryKey: runKey.view(runId, "belongings", eventId),
    queryFn: async ({ signal }) => {
      const params = { ...at(runId), query: { event: eventId, limit: SHOWN_OF_EVENT } };
      const [messages, files] = await Promise.all([
        api().GET("/api/by-id/{run_id}/messages", { params, signal }),
        api().GET("/api/by-id/{run_id}/files", { params, signal }),
      ]);
      return { messages: dataOf(messages).messages, files: dataOf(files).files };
    },
  });

export async function deleteRun(runId: string): Promise<void> {
  dataOf(await api().DELETE("/api/by-id/{run_id}", { params: at(runId) }));
}
