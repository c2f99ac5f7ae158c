/**
 * Lets what was read follow what changes: runs that are shown are replaced at once, and what can't be computed from
 * them (new rows, sums, views of a run) is read again, at most every 700 ms.
 */

import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { throttle } from "@/lib/throttle";
import { agentKeys } from "../agents";
import { approvalKeys } from "../approvals";
import { isRows, runKey, type RunDetail } from "../run";
import { matches, runKeys, type Run, type RunQuery } from "../runs";
import type { RunsListener } from "./connection";
import { rereading } from "./rereading";

const PERIOD_MS = 700;

type RunPages = InfiniteData<{ runs: Run[]; next_cursor: string | null }>;

export interface FollowingCaches {
  readonly take: RunsListener;
  /** Read everything again, whatever it is. */
  readonly refresh: () => void;
  readonly stop: () => void;
}

export function followingCaches(client: QueryClient): FollowingCaches {
  const { reread, stop } = rereading(client);
  const rereadSums = throttle(() => {
    reread({ queryKey: agentKeys.all });
    reread({ queryKey: ["sessions"] });
    reread({ queryKey: ["metrics"] });
    reread({ queryKey: approvalKeys.all });
  }, PERIOD_MS);
  const rereadLists = throttle(() => reread({ queryKey: runKeys.lists() }), PERIOD_MS);
  const changedRuns = new Set<string>();
  const rereadRuns = throttle(() => {
    for (const runId of changedRuns) {
      reread({ queryKey: runKey.detail(runId) });
      reread({ queryKey: runKey.views(runId) });
    }
    changedRuns.clear();
  }, PERIOD_MS);

  const take: RunsListener = ({ runs, deleted, hasMissed }) => {
    if (hasMissed) {
      // What has a number of its own goes on from there by itself.
      reread({ predicate: ({ queryKey }) => !isRows(queryKey) });
      return;
    }
    rereadSums();
    // A list that is just being read may still be without what is told here.
    let isListChanged = deleted.length > 0 || client.isFetching({ queryKey: runKeys.lists() }) > 0;
    for (const [key, pages] of client.getQueriesData<RunPages>({ queryKey: runKeys.lists() })) {
      if (pages === undefined) continue;
      const query = key[2] as RunQuery;
      const replaced = withRuns(pages, runs, new Set(deleted));
      if (replaced.pages !== pages) client.setQueryData<RunPages>(key, replaced.pages);
      isListChanged ||= runs.some((run) => !replaced.found.has(run.run_id) && matches(run, query) !== false);
      isListChanged ||= runs.some((run) => replaced.found.has(run.run_id) && matches(run, query) === false);
      isListChanged ||= query.sort !== undefined && query.sort !== "created_at" && replaced.found.size > 0;
    }
    if (isListChanged) rereadLists();
    for (const run of runs) {
      const key = runKey.detail(run.run_id);
      if (client.getQueryState(key) === undefined) continue;
      client.setQueryData<RunDetail>(key, (before) =>
        before === undefined ? before : { ...before, ...run },
      );
      changedRuns.add(run.run_id);
    }
    for (const runId of deleted) {
      if (client.getQueryState(runKey.detail(runId)) !== undefined) changedRuns.add(runId);
    }
    if (changedRuns.size > 0) rereadRuns();
  };

  return { take, refresh: () => reread({}), stop };
}

/** Return pages with the newer runs in the places of the older, without the deleted, and which runs were found. */
export function withRuns(
  pages: RunPages,
  runs: readonly Run[],
  deleted: ReadonlySet<string>,
): { pages: RunPages; found: ReadonlySet<string> } {
  const newer = new Map(runs.map((run) => [run.run_id, run]));
  const found = new Set<string>();
  let isChanged = false;
  const replaced = pages.pages.map((page) => {
    if (!page.runs.some((run) => newer.has(run.run_id) || deleted.has(run.run_id))) return page;
    isChanged = true;
    const kept: Run[] = [];
    for (const run of page.runs) {
      if (deleted.has(run.run_id)) continue;
      const changed = newer.get(run.run_id);
      if (changed !== undefined) found.add(run.run_id);
      kept.push(changed ?? run);
    }
    return { ...page, runs: kept };
  });
  return { pages: isChanged ? { ...pages, pages: replaced } : pages, found };
}
