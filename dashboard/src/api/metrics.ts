/** Figures of periods. Keys begin with `metrics`: they are read again as runs change. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, nextOf, timeZone, type Schemas } from "./client";
import { dataOf } from "./problem";

export type Point = Schemas["PointView"];
export type Bucket = "hour" | "day" | "week";

/** A period: the last so many days, or from one time to another. */
export interface Period {
  readonly days?: number;
  readonly since?: string;
  readonly until?: string;
}

export interface TimelineQuery extends Period {
  readonly bucket: Bucket;
  readonly agent?: string;
  readonly model?: string;
  readonly tool?: string;
}

export interface SummaryQuery extends Period {
  readonly agent?: string;
}

export type Summary = Schemas["SummaryView"];

/** What figures are divided by. */
export type PartKind = "agents" | "models" | "tools";
export const PART_SORTS = ["cost", "runs", "calls", "tokens", "failed", "errors", "p95", "name"] as const;
export type PartSort = (typeof PART_SORTS)[number];

const SORTS_OF = {
  agents: ["cost", "runs", "tokens", "failed", "name"],
  models: ["cost", "calls", "errors", "p95", "tokens", "name"],
  tools: ["calls", "cost", "errors", "p95", "tokens", "name"],
} as const satisfies Record<PartKind, readonly PartSort[]>;

export interface PartsQuery extends SummaryQuery {
  readonly kind: PartKind;
  readonly sort: PartSort;
}

/** What one agent, model or tool comes to. `count` is of runs where it is an agent, of calls otherwise. */
export interface Part {
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  readonly errors: number;
  /** Of what ended or was called, the share that did not fail. */
  readonly success: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost: number;
  readonly unpriced_count: number;
  /** Lists the runs that were counted; calls have none. */
  readonly runs_filter: Readonly<Record<string, string>> | null;
}

const PARTS_PAGE = 200;

/** Return the sort that the server knows for a kind: the one that is asked for, or its first. */
export function sortOf<Kind extends PartKind>(kind: Kind, sort: PartSort | undefined) {
  const known: readonly PartSort[] = SORTS_OF[kind];
  return (sort && known.includes(sort) ? sort : known[0]) as (typeof SORTS_OF)[Kind][number];
}

export const metricKeys = {
  all: ["metrics"] as const,
  timeline: (query: TimelineQuery) => [...metricKeys.all, "timeline", query] as const,
  summary: (query: SummaryQuery) => [...metricKeys.all, "summary", query] as const,
  parts: (query: PartsQuery) => [...metricKeys.all, "parts", query] as const,
  agent: (agentName: string, period: Period) => [...metricKeys.all, "agent", agentName, period] as const,
};

export const readTimeline = (query: TimelineQuery) =>
  queryOptions({
    queryKey: metricKeys.timeline(query),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/metrics/timeline", { params: { query: { ...query, tz: timeZone() } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });

export const readAgentMetrics = (agentName: string, period: Period) =>
  queryOptions({
    queryKey: metricKeys.agent(agentName, period),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/agents/{agent_name}/metrics", {
          params: { path: { agent_name: agentName }, query: { ...period } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const readSummary = (query: SummaryQuery) =>
  queryOptions({
    queryKey: metricKeys.summary(query),
    queryFn: async ({ signal }) =>
      dataOf(await api().GET("/api/metrics/summary", { params: { query: { ...query, top: 5 } }, signal })),
    placeholderData: keepPreviousData,
  });

/** Figures by agent, model or tool, page by page; pages are of one order. */
export const readParts = (query: PartsQuery) =>
  infiniteQueryOptions({
    queryKey: metricKeys.parts(query),
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => readPartsPage(query, pageParam, signal),
    getNextPageParam: (page) => page.next,
  });

async function readPartsPage(
  { kind, sort, agent, ...period }: PartsQuery,
  offset: number,
  signal: AbortSignal,
) {
  const page = { ...period, limit: PARTS_PAGE, offset };
  if (kind === "agents") {
    const query = { ...page, sort: sortOf("agents", sort) };
    const answer = await api().GET("/api/metrics/agents-comparison", { params: { query }, signal });
    return { parts: dataOf(answer).map(partOfAgent), next: offsetOf(answer.response) };
  }
  const of = agent === undefined ? {} : { agent };
  if (kind === "models") {
    const query = { ...page, ...of, sort: sortOf("models", sort) };
    const answer = await api().GET("/api/metrics/models", { params: { query }, signal });
    const parts = dataOf(answer).models.map((calls) => partOfCalls(calls.model, calls));
    return { parts, next: offsetOf(answer.response) };
  }
  const query = { ...page, ...of, sort: sortOf("tools", sort) };
  const answer = await api().GET("/api/metrics/tools", { params: { query }, signal });
  const parts = dataOf(answer).tools.map((calls) => partOfCalls(calls.tool, calls));
  return { parts, next: offsetOf(answer.response) };
}

function offsetOf(response: Response): number | undefined {
  const next = nextOf(response, "offset");
  return next === undefined ? undefined : Number(next);
}

function partOfAgent(agent: Schemas["AgentComparisonView"]): Part {
  return {
    ...agent,
    name: agent.agent_name,
    count: agent.runs,
    failed: agent.failed_runs,
    success: agent.success_rate,
  };
}

function partOfCalls(name: string, calls: Omit<Schemas["ToolView"], "tool">): Part {
  return {
    ...calls,
    name,
    count: calls.calls,
    failed: calls.errors,
    success: 1 - calls.error_rate,
    runs_filter: null,
  };
}
