/**
 * Reading again what was read. What is being read at that moment may be of a time before the change: it is not
 * cancelled, so that it comes to an end however often something changes, and read once more when it has come.
 */

import type { Query, QueryClient, QueryFilters } from "@tanstack/react-query";

export interface Rereading {
  readonly reread: (filters: QueryFilters) => void;
  readonly stop: () => void;
}

export function rereading(client: QueryClient): Rereading {
  const late = new Set<Query>();
  const reread = (filters: QueryFilters) => {
    for (const query of client.getQueryCache().findAll(filters)) {
      if (query.state.fetchStatus !== "idle") late.add(query);
    }
    void client.invalidateQueries(filters, { cancelRefetch: false });
  };
  const stop = client.getQueryCache().subscribe(({ type, query }) => {
    if (type === "removed") late.delete(query);
    else if (query.state.fetchStatus === "idle" && late.delete(query)) {
      // Not before all are told of what came.
      queueMicrotask(() => reread({ queryKey: query.queryKey, exact: true }));
    }
  });
  return { reread, stop };
}
