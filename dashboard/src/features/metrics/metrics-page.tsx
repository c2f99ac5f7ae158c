import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChartNoAxesColumn, X } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { useMemo } from "react";
import { readParts, readSummary, sortOf, type Part, type PartKind } from "@/api/metrics";
import { given } from "@/lib/search-params";
import { PeriodChoice } from "@/parts/period-choice";
import { Page } from "@/ui/page";
import { Failure, Note, Waiting } from "@/ui/states";
import { MetricsCharts } from "./metrics-charts";
import { CallFigures, RunFigures } from "./metrics-figures";
import { PART_NOUNS, PartsTable } from "./parts-table";
import { RangeChoice } from "./range-choice";
import { bucketOf, namePeriod, periodOf, readMetricsSearch, type MetricsSearch } from "./search";
import { TopLists } from "./top-lists";

const route = getRouteApi("/stats");
const NO_PARTS: readonly Part[] = [];

/** What was recorded comes to: in sum, over time, and by agent, model and tool. */
export default function MetricsPage() {
  const raw = route.useSearch();
  const search = useMemo(() => readMetricsSearch(raw), [raw]);
  const navigate = route.useNavigate();
  const change = (changed: { [Key in keyof MetricsSearch]: MetricsSearch[Key] | undefined }) =>
    void navigate({ search: (before) => given({ ...before, ...changed }) });
  const period = periodOf(search);
  const of = search.agent === undefined ? period : { ...period, agent: search.agent };
  const { data: summary, error, refetch } = useQuery(readSummary(of));
  const setRange = (since: string, until: string) => change({ days: undefined, since, until });
  const tools = (
    <>
      <PeriodChoice
        days={period.days}
        onDays={(days) => change({ days, since: undefined, until: undefined })}
      />
      <RangeChoice period={period} onRange={setRange} />
    </>
  );
  const isEmpty = summary?.total_runs === 0 && summary.total_events === 0;
  return (
    <Page title="Metrics" tools={tools} className="flex flex-col">
      <Scope search={search} onRemove={(name) => change({ [name]: undefined })} />
      <div className="min-h-0 flex-1">
        {summary === undefined ? (
          error ? (
            <Failure error={error} onRetry={() => void refetch()} />
          ) : (
            <Waiting lines={10} />
          )
        ) : isEmpty ? (
          <Note icon={ChartNoAxesColumn} title={`Nothing was recorded in ${inWords(namePeriod(period))}`}>
            Figures of runs, models and tools appear here as soon as there are some. A longer period may have
            more.
          </Note>
        ) : (
          <Figures search={search} onChange={change} onRange={setRange} />
        )}
      </div>
    </Page>
  );
}

interface FiguresProps {
  readonly search: MetricsSearch;
  readonly onChange: (changed: { [Key in keyof MetricsSearch]: MetricsSearch[Key] | undefined }) => void;
  readonly onRange: (since: string, until: string) => void;
}

function Figures({ search, onChange, onRange }: FiguresProps) {
  const { agent, model, tool, by = agent === undefined ? "agents" : "models" } = search;
  const period = periodOf(search);
  const of = agent === undefined ? period : { ...period, agent };
  const sort = sortOf(by, search.sort);
  const { data: summary } = useQuery(readSummary(of));
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(
    readParts({ ...of, kind: by, sort }),
  );
  const parts = useMemo(() => data?.pages.flatMap((page) => page.parts), [data]);
  const timeline = {
    ...of,
    bucket: bucketOf(period),
    ...(model ? { model } : {}),
    ...(tool ? { tool } : {}),
  };
  const top = (
    <>
      {model !== undefined || tool !== undefined ? (
        <OneFigures {...of} kind={model === undefined ? "tools" : "models"} name={model ?? tool ?? ""} />
      ) : (
        <RunFigures summary={summary} />
      )}
      <MetricsCharts query={timeline} onRange={onRange} />
      {summary && <TopLists summary={summary} />}
      <KindChoice kind={by} onKind={(kind) => onChange({ by: kind, sort: undefined })} />
    </>
  );
  return (
    <PartsTable
      kind={by}
      parts={parts ?? NO_PARTS}
      sort={sort}
      onSort={(sorted) => onChange({ sort: sorted })}
      hasMore={hasNextPage}
      onMore={() => void fetchNextPage()}
      top={top}
      instead={
        parts !== undefined ? (
          <Note title={`No ${PART_NOUNS[by].toLowerCase()} was at work in this period`} />
        ) : error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting lines={6} />
        )
      }
    />
  );
}

interface OneFiguresProps {
  readonly kind: "models" | "tools";
  readonly name: string;
  readonly days?: number;
  readonly since?: string;
  readonly until?: string;
  readonly agent?: string;
}

/** The figures of the model or tool that the page is of; it is looked for among those that were called most. */
function OneFigures({ kind, name, ...of }: OneFiguresProps) {
  const { data } = useInfiniteQuery(readParts({ ...of, kind, sort: "calls" }));
  const calls = useMemo(
    () => data?.pages.flatMap((page) => page.parts).find((part) => part.name === name),
    [data, name],
  );
  return <CallFigures calls={calls} />;
}

interface KindChoiceProps {
  readonly kind: PartKind;
  readonly onKind: (kind: PartKind) => void;
}

function KindChoice({ kind, onKind }: KindChoiceProps) {
  return (
    <div className="flex items-center gap-3 bg-page px-4 pt-5 pb-2 sm:px-5">
      <h2 className="text-sm font-semibold">Compare</h2>
      <ToggleGroup.Root
        type="single"
        aria-label="Compare"
        value={kind}
        onValueChange={(value) => value && onKind(value as PartKind)}
        className="flex h-8 overflow-hidden rounded-md border border-line-strong bg-surface"
      >
        {(Object.keys(PART_NOUNS) as PartKind[]).map((each) => (
          <ToggleGroup.Item
            key={each}
            value={each}
            className="border-l border-line px-3 text-xs text-soft first:border-l-0 hover:bg-hover focus-visible:-outline-offset-2 data-[state=on]:bg-sunken data-[state=on]:font-semibold data-[state=on]:text-text"
          >
            {PART_NOUNS[each]}s
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
    </div>
  );
}

const SCOPES = { agent: "Agent", model: "Model", tool: "Tool" } as const;

interface ScopeProps {
  readonly search: MetricsSearch;
  readonly onRemove: (name: keyof typeof SCOPES) => void;
}

/** What the figures are restricted to, each to be taken away. */
function Scope({ search, onRemove }: ScopeProps) {
  const names = (Object.keys(SCOPES) as (keyof typeof SCOPES)[]).filter((name) => search[name] !== undefined);
  if (names.length === 0) return null;
  return (
    <ul
      aria-label="Only of"
      className="flex shrink-0 flex-wrap gap-1.5 border-b border-line bg-surface px-4 py-2 sm:px-5"
    >
      {names.map((name) => (
        <li
          key={name}
          className="flex h-6 max-w-80 min-w-0 items-center gap-1 rounded-full bg-sunken pr-1 pl-2.5 text-xs"
        >
          <span className="shrink-0 text-faint">{SCOPES[name]}</span>
          <span className="name-text">{search[name]}</span>
          <button
            type="button"
            aria-label={`No more only of this ${SCOPES[name].toLowerCase()}`}
            onClick={() => onRemove(name)}
            className="flex size-4.5 shrink-0 items-center justify-center rounded-full text-soft hover:bg-line"
          >
            <X aria-hidden size={12} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function inWords(period: string): string {
  return /^\d+ days$/.test(period) ? `the last ${period}` : period;
}
