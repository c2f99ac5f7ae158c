import { useQuery } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { readOverview } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { parseInstant } from "@/lib/event-row";
import { isEnded } from "@/lib/vocabulary";
import { useNow } from "@/ui/clock";
import { useSelection } from "@/ui/selection";
import { useShortcut, useToldKeys } from "@/ui/shortcuts";
import { Failure, Note, Waiting } from "@/ui/states";
import { criticalPathOf } from "./critical-path";
import {
  at,
  NONE,
  parentsAtDepth,
  pathTo,
  sourcesOfErrors,
  type SpanTree,
  type TimeWindow,
} from "./span-tree";
import { idleGapsOf, offerOf, scaleOf, zoomed } from "./time-scale";
import { TimelineGrid, type GridHandle } from "./timeline-grid";
import { timelineRows } from "./timeline-rows";
import { TimelineTools } from "./timeline-tools";
import { useCollapsed } from "./use-collapsed";
import { useFlag } from "./use-flag";
import { useSpans } from "./use-spans";
import { useZoom } from "./use-zoom";

/** The axis of a run that goes on is longer than the run, so that it need not be drawn anew all the time. */
const GROWTH = 1.05;
const ZOOM_STEP = 0.5;
const MARGIN = 0.03;
const FIRST_LEVELS = 2;
const TOLD_KEYS = [
  { keys: "ArrowDown", label: "Next event", group: "Timeline" },
  { keys: "ArrowUp", label: "Previous event", group: "Timeline" },
  { keys: "ArrowRight", label: "Open what is below", group: "Timeline" },
  { keys: "ArrowLeft", label: "Close it, or go up", group: "Timeline" },
  { keys: "Enter", label: "Show the event", group: "Timeline" },
];

export default function TimelineView({ run }: RunViewProps) {
  const { snapshot, events } = useSpans(run);
  const { tree } = snapshot;
  const isLive = !isEnded(run.status) && run.status !== "draft" && run.status !== "paused";
  const zeroMs = parseInstant(run.started_at);
  const present = useNow(isLive ? "often" : "never") - zeroMs;
  const lastKnown = Math.max(tree ? lastEndOf(tree) : 0, run.total_duration_ms);
  const now = isLive ? Math.max(present, lastKnown) : lastKnown;
  const from = Math.min(0, tree ? firstStartOf(tree) : 0);
  const to = isLive
    ? GROWTH ** Math.ceil(Math.log(Math.max(now, 100)) / Math.log(GROWTH))
    : Math.max(lastKnown, from + 1);
  const whole = useMemo<TimeWindow>(() => ({ from, to }), [from, to]);

  const [isCritical, setCritical] = useFlag("timeline-critical");
  const [isCompressed, setCompressed] = useFlag("timeline-compressed");
  const gaps = useMemo(() => (tree ? idleGapsOf(tree, whole, to) : []), [tree, whole, to]);
  const idle = useMemo(() => offerOf(gaps, whole), [gaps, whole]);
  const drawnShort = isCompressed ? gaps : NO_GAPS;
  const wholeScale = useMemo(() => scaleOf(whole, drawnShort), [whole, drawnShort]);
  const { window, zoom } = useZoom(whole);
  const scale = useMemo(() => scaleOf(window ?? whole, drawnShort), [window, whole, drawnShort]);
  const path = useMemo(
    () => (isCritical && tree ? criticalPathOf(tree, to) : undefined),
    [isCritical, tree, to],
  );

  const { collapsed, setCollapsed } = useCollapsed();
  const rows = useMemo(() => timelineRows(snapshot, collapsed, window), [snapshot, collapsed, window]);
  const { data: buckets } = useQuery({
    ...readOverview(run.run_id),
    enabled: tree === null && run.event_count > 400,
  });

  const want = useCallback((place: number) => events.want(place), [events]);
  const { selection, select } = useSelection();
  const selected = selection.event;
  const grid = useRef<GridHandle>(null);
  const isThere = tree !== null;
  // What is in sight already; when the whole run has come, it may have another place.
  const inSight = useRef("");
  const choose = useCallback(
    (eventId: string, isStep = false) => {
      inSight.current = sightOf(eventId, isThere);
      select({ event: eventId }, { replace: isStep });
    },
    [select, isThere],
  );
  /** Make sure that an event has a row, and bring it into sight. */
  const reveal = useCallback(
    (eventId: string) => {
      if (tree === null) {
        grid.current?.show(eventId);
        return;
      }
      const index = tree.indexOf.get(eventId);
      if (index === undefined) return;
      const above = pathTo(tree, index)
        .slice(0, -1)
        .map((each) => tree.spans[each]?.id ?? "");
      if (above.some((each) => collapsed.has(each))) {
        const opened = new Set(collapsed);
        for (const each of above) opened.delete(each);
        setCollapsed(opened);
      }
      const span = tree.spans[index];
      if (window && span && (span.start > window.to || (span.end ?? to) < window.from)) zoom(undefined);
      // The row may only be there with the next frame.
      requestAnimationFrame(() => grid.current?.show(eventId));
    },
    [tree, collapsed, setCollapsed, window, zoom, to],
  );
  const latestReveal = useRef(reveal);
  useEffect(() => {
    latestReveal.current = reveal;
  });
  useEffect(() => {
    const sight = selected === undefined ? "" : sightOf(selected, isThere);
    if (selected !== undefined && sight !== inSight.current) latestReveal.current(selected);
    inSight.current = sight;
  }, [selected, isThere]);

  const errors = useMemo(() => (tree ? sourcesOfErrors(tree) : []), [tree]);
  const currentError = tree && selected ? errors.indexOf(tree.indexOf.get(selected) ?? NONE) : -1;
  const goToError = (step: 1 | -1) => {
    if (tree === null || errors.length === 0) return;
    const id = tree.spans[nextOf(tree, errors, tree.indexOf.get(selected ?? "") ?? NONE, step)]?.id;
    if (id === undefined) return;
    choose(id, true);
    reveal(id);
  };
  const fit = (eventId: string | undefined) => {
    const index = eventId === undefined ? undefined : tree?.indexOf.get(eventId);
    if (!tree || index === undefined) return;
    const end = at(tree.isOpen, index) ? to : at(tree.lastEnd, index);
    const begin = at(tree.firstStart, index);
    const margin = Math.max((end - begin) * MARGIN, 0.005);
    zoom({ from: Math.max(whole.from, begin - margin), to: Math.min(whole.to, end + margin) });
  };
  const zoomBy = (factor: number, about?: number) => {
    const present = window ?? whole;
    const next = zoomed(present, factor, about ?? (present.from + present.to) / 2, whole);
    zoom(next.from <= whole.from && next.to >= whole.to ? undefined : next);
  };
  const act = (step: "in" | "out" | "whole" | "fit") => {
    if (step === "fit") fit(selected ?? grid.current?.active());
    else if (step === "whole") zoom(undefined);
    else zoomBy(step === "in" ? ZOOM_STEP : 1 / ZOOM_STEP);
  };
  useShortcut({ keys: "e", label: "Next error", group: "Timeline" }, () => goToError(1));
  useShortcut({ keys: "E", label: "Previous error", group: "Timeline" }, () => goToError(-1));
  useShortcut({ keys: "f", label: "Fit what is selected", group: "Timeline" }, () => act("fit"));
  useShortcut({ keys: "+", label: "Zoom in", group: "Timeline" }, () => act("in"));
  useShortcut({ keys: "-", label: "Zoom out", group: "Timeline" }, () => act("out"));
  useShortcut({ keys: "0", label: "Show the whole run", group: "Timeline" }, () => act("whole"));
  useToldKeys(TOLD_KEYS);
  const [isFollowing, setFollowing] = useState(isLive && selected === undefined);

  if (snapshot.error !== null && snapshot.loaded === 0) {
    return <Failure error={snapshot.error} onRetry={events.open} />;
  }
  if (snapshot.loaded === 0) {
    return tree === null ? (
      <Waiting lines={12} />
    ) : (
      <Note icon={Hourglass} title={isLive ? "Nothing has happened yet" : "Nothing was recorded"}>
        {isLive ? "Events appear here as they are recorded." : "The run has no events."}
      </Note>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <TimelineTools
        count={snapshot.count}
        loaded={snapshot.loaded}
        isWhole={isThere}
        errors={{ count: errors.length, current: currentError }}
        onError={goToError}
        isCritical={isCritical}
        onCritical={() => setCritical(!isCritical)}
        idle={idle && { ...idle, ms: idle.ms - (gaps.at(-1)?.to === to ? to - now : 0) }}
        isCompressed={isCompressed}
        onCompress={() => setCompressed(!isCompressed)}
        hasCollapsed={collapsed.size > 0}
        onCollapse={() =>
          setCollapsed(
            new Set(collapsed.size > 0 || tree === null ? [] : parentsAtDepth(tree, FIRST_LEVELS - 1)),
          )
        }
        isZoomed={window !== undefined}
        onZoom={act}
        canFit={isThere}
        isLive={isLive}
        isFollowing={isFollowing}
        onFollow={() => setFollowing(!isFollowing)}
      />
      <TimelineGrid
        ref={grid}
        label={`Timeline of ${run.run_name ?? "new run"}`}
        rows={rows}
        zero={run.started_at}
        whole={whole}
        wholeScale={wholeScale}
        scale={scale}
        window={window}
        gaps={gaps}
        isCompressed={isCompressed}
        path={path}
        now={now}
        buckets={buckets}
        collapsed={collapsed}
        onCollapsed={setCollapsed}
        selected={selected}
        onSelect={choose}
        onFit={fit}
        onZoom={zoom}
        onZoomBy={zoomBy}
        onWant={want}
        isFollowing={isLive && isFollowing}
        onFollow={setFollowing}
      />
    </div>
  );
}

function sightOf(eventId: string, isThere: boolean): string {
  return `${isThere ? "row of" : "part with"} ${eventId}`;
}

const NO_GAPS: readonly TimeWindow[] = [];

/** Return the error after or before a span in the order of rows, and from the last go on with the first. */
function nextOf(tree: SpanTree, errors: readonly number[], from: number, step: 1 | -1): number {
  const current = errors.indexOf(from);
  if (current !== -1) return errors[(current + step + errors.length) % errors.length] as number;
  if (from === NONE) return (step === 1 ? errors[0] : errors.at(-1)) as number;
  const place = tree.order.indexOf(from);
  const isBehind = (error: number) => tree.order.indexOf(error) > place;
  return (
    step === 1
      ? (errors.find(isBehind) ?? errors[0])
      : (errors.findLast((error) => !isBehind(error)) ?? errors.at(-1))
  ) as number;
}

function lastEndOf(tree: SpanTree): number {
  return tree.roots.reduce((last, root) => Math.max(last, at(tree.lastEnd, root)), 0);
}

function firstStartOf(tree: SpanTree): number {
  return tree.roots.reduce((first, root) => Math.min(first, at(tree.firstStart, root)), Infinity);
}
