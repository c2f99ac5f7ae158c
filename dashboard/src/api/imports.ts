/** Reports of imports, as the server tells of them. The event stream says nothing of them: they are read again when one looks. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, type Schemas } from "./client";
import { dataOf } from "./problem";

export type ImportSummary = Schemas["ImportSummaryView"];
export type ImportReport = Schemas["ImportReportView"];
export type ImportTable = Schemas["ImportTableView"];
export type ImportKind = Schemas["ImportKindView"];

const PAGE = 100;

export const importKeys = {
  all: ["imports"] as const,
  list: () => [...importKeys.all, "list"] as const,
  detail: (importId: string) => [...importKeys.all, "detail", importId] as const,
};

export const readImports = () =>
  infiniteQueryOptions({
    queryKey: importKeys.list(),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api().GET("/api/imports", {
          params: { query: { limit: PAGE, cursor: pageParam ?? null } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
    refetchOnWindowFocus: "always",
  });

export const readImport = (importId: string) =>
  queryOptions({
    queryKey: importKeys.detail(importId),
    queryFn: async ({ signal }) =>
      dataOf(
        await api().GET("/api/imports/{import_id}", {
          params: { path: { import_id: importId } },
          signal,
        }),
      ),
    // A report stays as it was written.
    staleTime: Number.POSITIVE_INFINITY,
  });
