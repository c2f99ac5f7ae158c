import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useCallback, useMemo } from "react";
import { readRun } from "@/api/run";
import type { RunQuery } from "@/api/runs";
import { formatMoment } from "@/lib/format";
import { given } from "@/lib/search-params";
import { RunsTable } from "@/parts/runs-table";
import { StatusFilter } from "@/parts/status-filter";
import { useNow } from "@/ui/clock";
import { Page } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import type { RunsSearch } from "./search";

const route = getRouteApi("/runs");

/** All runs, or those that a figure elsewhere counts. */
export default function RunsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useMemo(() => queryOf(search), [search]);
  const change = useCallback(
    (changed: { [Key in keyof RunsSearch]: RunsSearch[Key] | undefined }, replace = false) =>
      void navigate({ search: (before) => given({ ...before, ...changed }) as RunsSearch, replace }),
    [navigate],
  );
  const setText = useCallback((text: string) => change({ q: text || undefined }, true), [change]);
  const { sort: _sort, order: _order, ...filters } = search;
  return (
    <Page
      title="Runs"
      tools={
        <>
          <StatusFilter
            statuses={search.status ?? []}
            onStatuses={(status) => change({ status: status.length > 0 ? [...status] : undefined })}
          />
          <SearchField
            label="Search runs"
            text={search.q ?? ""}
            onText={setText}
            className="w-60 max-sm:w-40"
          />
        </>
      }
      className="flex flex-col"
    >
      <Chips search={search} onRemove={(name) => change({ [name]: undefined })} />
      <div className="min-h-0 flex-1">
        <RunsTable
          label="Runs"
          query={query}
          onSort={(sort, order) => change({ sort, order })}
          isFiltered={Object.keys(filters).length > 0}
          onClear={() => void navigate({ search: {} })}
        />
      </div>
    </Page>
  );
}

const CHIPS = {
  agent: "Agent",
  session: "Session",
  environment: "Environment",
  mode: "Mode",
  tag: "Tag",
  parent: "Begun by",
  since: "Since",
  until: "Until",
  errors: "With errors",
  unpriced: "With unpriced calls",
} as const satisfies Partial<Record<keyof RunsSearch, string>>;

interface ChipsProps {
  readonly search: RunsSearch;
  readonly onRemove: (name: keyof typeof CHIPS) => void;
}

/** The filters that a link brought, each to be taken away. */
function Chips({ search, onRemove }: ChipsProps) {
  const now = useNow("never");
  const names = (Object.keys(CHIPS) as (keyof typeof CHIPS)[]).filter((name) => search[name] !== undefined);
  if (names.length === 0) return null;
  return (
    <ul
      aria-label="Filters"
      className="flex shrink-0 flex-wrap gap-1.5 border-b border-line bg-surface px-4 py-2 sm:px-5"
    >
      {names.map((name) => {
        const value = search[name] ?? "";
        return (
          <li
            key={name}
            className="flex h-6 max-w-80 min-w-0 items-center gap-1 rounded-full bg-sunken pr-1 pl-2.5 text-xs"
          >
            <span className="shrink-0 text-faint">{CHIPS[name]}</span>
            <span className="name-text">
              {name === "parent" ? (
                <RunName runId={value} />
              ) : name === "since" || name === "until" ? (
                formatMoment(value, now)
              ) : (
                value
              )}
            </span>
            <button
              type="button"
              aria-label={`Take away the filter ${CHIPS[name]}`}
              onClick={() => onRemove(name)}
              className="flex size-4.5 shrink-0 items-center justify-center rounded-full text-soft hover:bg-line"
            >
              <X aria-hidden size={12} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** The name of a run of which the address has the id. */
function RunName({ runId }: { readonly runId: string }) {
  const { data: run } = useQuery(readRun(runId));
  return run ? (run.run_name ?? "new run") : "a run";
}

function queryOf({ errors, unpriced, ...rest }: RunsSearch): RunQuery {
  return {
    ...rest,
    ...(errors ? { has_errors: errors === "yes" } : {}),
    ...(unpriced ? { unpriced: unpriced === "yes" } : {}),
  };
}
