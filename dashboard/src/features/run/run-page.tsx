import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { isGone } from "@/api/problem";
import { readRun, type RunDetail } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Crumb } from "@/ui/crumb";
import { ErrorBoundary } from "@/ui/error-boundary";
import { later, type Later } from "@/ui/later";
import { Page } from "@/ui/page";
import { PlayheadContext, useNewPlayhead, usePlayhead } from "@/ui/playhead";
import { useSelection } from "@/ui/selection";
import { useShortcut } from "@/ui/shortcuts";
import { Failure, Gone, Waiting } from "@/ui/states";
import { RunHead } from "./run-head";
import { SidePanel } from "./side-panel";
import type { RunPanels, RunView } from "./run-view";

const ApprovalBanner = later(() => import("./approval-banner"));

interface RunPageProps {
  readonly runId: string;
  readonly viewId: string;
  readonly views: readonly RunView[];
  readonly panels: RunPanels;
  readonly playhead: Later<RunViewProps>;
}

/** A run: its head, one of its views, and the panel of what is selected. */
export function RunPage({ runId, viewId, views, panels, playhead }: RunPageProps) {
  const moments = useNewPlayhead();
  const { data: run, error, refetch } = useQuery(readRun(runId));
  const view = views.find((each) => each.id === viewId) ?? views[0];
  useEffect(() => {
    // While the run is being read; an error is told when it is shown.
    view?.view.load().catch(() => undefined);
  }, [view]);
  if (isGone(error)) {
    return (
      <Page title="No such run" head={<Crumb to="/runs" words="Runs" />}>
        <Gone what="run">
          <Link to="/runs" className="text-accent underline">
            All runs
          </Link>
        </Gone>
      </Page>
    );
  }
  if (run === undefined) {
    return (
      <Page title="Run" head={<Crumb to="/runs" words="Runs" />}>
        {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting />}
      </Page>
    );
  }
  return (
    <PlayheadContext value={moments}>
      <Page
        title={run.run_name ?? "new run"}
        head={<RunHead key={runId} run={run} />}
        className="flex flex-col"
      >
        {run.open_approval_count > 0 && <ApprovalBanner.Component run={run} />}
        <ViewTabs runId={runId} views={views} current={view} />
        <PlayheadPlace run={run} bar={playhead} hasPast={view?.hasPast === true} />
        <div className="flex min-h-0 flex-1">
          <PastFrame hasPast={view?.hasPast === true}>
            <ErrorBoundary key={view?.id}>{view && <view.view.Component run={run} />}</ErrorBoundary>
          </PastFrame>
          <SelectedPanel run={run} panels={panels} />
        </div>
      </Page>
    </PlayheadContext>
  );
}

interface PlayheadPlaceProps {
  readonly run: RunDetail;
  readonly bar: Later<RunViewProps>;
  readonly hasPast: boolean;
}

/** The playhead, where somebody asked for it, and a word where the view does not follow it. */
function PlayheadPlace({ run, bar, hasPast }: PlayheadPlaceProps) {
  const { position } = usePlayhead();
  if (position === undefined) return null;
  return (
    <ErrorBoundary>
      <bar.Component run={run} />
      {typeof position === "number" && !hasPast && (
        <p role="status" className="shrink-0 border-b border-line bg-surface px-4 py-1 text-xs text-soft">
          This view shows all of the run. Tree, graph and messages show the moment of the playhead.
        </p>
      )}
    </ErrorBoundary>
  );
}

/** What a view fills; it is framed while it shows the past. */
function PastFrame({ hasPast, children }: { readonly hasPast: boolean; readonly children: ReactNode }) {
  const isPast = typeof usePlayhead().position === "number" && hasPast;
  return (
    <div
      data-past={isPast || undefined}
      className={classNames(
        "relative min-h-0 min-w-0 flex-1 overflow-auto",
        isPast && "outline-2 -outline-offset-2 outline-wait",
      )}
    >
      {children}
    </div>
  );
}

function PlayheadToggle() {
  const { position, set } = usePlayhead();
  const turn = () => set(position === undefined ? "now" : undefined);
  useShortcut({ keys: "t", label: "Show or close the playhead", group: "Run" }, turn);
  return (
    <IconButton
      icon={History}
      label="Playhead"
      keys="t"
      aria-pressed={position !== undefined}
      onClick={turn}
      className={classNames("my-1 sm:ml-auto", position !== undefined && "bg-selected text-accent")}
    />
  );
}

interface ViewTabsProps {
  readonly runId: string;
  readonly views: readonly RunView[];
  readonly current: RunView | undefined;
}

function ViewTabs({ runId, views, current }: ViewTabsProps) {
  return (
    <nav
      aria-label="Views"
      className="flex shrink-0 gap-1 overflow-x-auto border-b max-sm:justify-between max-sm:gap-0 border-line bg-surface px-3 sm:px-4"
    >
      {views.map((view, index) => (
        <ViewTab key={view.id} runId={runId} view={view} isCurrent={view === current} number={index + 1} />
      ))}
      <PlayheadToggle />
    </nav>
  );
}

interface ViewTabProps {
  readonly runId: string;
  readonly view: RunView;
  readonly isCurrent: boolean;
  readonly number: number;
}

function ViewTab({ runId, view, isCurrent, number }: ViewTabProps) {
  const id = `view-${view.id}`;
  useShortcut({ keys: String(number), label: `Show ${view.label}`, group: "Run" }, () =>
    document.getElementById(id)?.click(),
  );
  return (
    <Link
      id={id}
      to="/runs/$runId/$view"
      params={{ runId, view: view.id }}
      // The selection is that of the run, whichever view shows it.
      search={(before) => before}
      aria-current={isCurrent ? "page" : undefined}
      className={classNames(
        "-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 px-2.5 text-sm whitespace-nowrap max-sm:px-1.5",
        isCurrent
          ? "border-accent font-medium text-text"
          : "border-transparent text-soft hover:border-line-strong hover:text-text",
      )}
    >
      <view.icon aria-hidden size={14} className="max-sm:hidden" />
      {view.label}
    </Link>
  );
}

function SelectedPanel({ run, panels }: { readonly run: RunDetail; readonly panels: RunPanels }) {
  const { selection, select } = useSelection();
  const Panel = (selection.event ? panels.event : selection.node ? panels.node : undefined)?.Component;
  const id = selection.event ?? selection.node;
  if (Panel === undefined || id === undefined) return null;
  const close = () => select(selection.event && selection.node ? { node: selection.node } : {});
  return (
    <SidePanel label={selection.event ? "Event" : "Node"} onClose={close}>
      <ErrorBoundary key={id}>
        <Panel key={id} run={run} id={id} onClose={close} />
      </ErrorBoundary>
    </SidePanel>
  );
}
