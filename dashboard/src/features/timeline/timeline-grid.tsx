import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { X } from "lucide-react";
import {
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type Ref,
  type RefObject,
} from "react";
import type { Overview as Buckets } from "@/api/run";
import { formatDuration } from "@/lib/format";
import { IconButton } from "@/ui/button";
import { readPreference, writePreference } from "@/ui/preference";
import { useRush } from "@/ui/rush";
import { useShortcut } from "@/ui/shortcuts";
import { useTheme } from "@/ui/theme";
import { Axis, Lines } from "./axis";
import type { CriticalPath } from "./critical-path";
import { Overview, OVERVIEW_HEIGHT } from "./overview";
import { SpanRow } from "./span-row";
import type { TimeWindow } from "./span-tree";
import { spacedTicks, within, type TimeScale } from "./time-scale";
import type { TimelineRow, TimelineRows } from "./timeline-rows";

export interface GridHandle {
  /** Bring the row of an event into sight, and make it the one that keys begin at. */
  readonly show: (eventId: string) => void;
  readonly active: () => string | undefined;
}

interface TimelineGridProps {
  readonly ref: Ref<GridHandle>;
  readonly label: string;
  readonly rows: TimelineRows;
  readonly zero: string;
  readonly whole: TimeWindow;
  readonly wholeScale: TimeScale;
  readonly scale: TimeScale;
  readonly window: TimeWindow | undefined;
  readonly gaps: readonly TimeWindow[];
  readonly isCompressed: boolean;
  readonly path: CriticalPath | undefined;
  readonly now: number;
  readonly buckets: Buckets | undefined;
  readonly collapsed: ReadonlySet<string>;
  readonly onCollapsed: (collapsed: ReadonlySet<string>) => void;
  readonly selected: string | undefined;
  readonly onSelect: (eventId: string, isStep?: boolean) => void;
  readonly onFit: (eventId: string) => void;
  readonly onZoom: (window: TimeWindow | undefined) => void;
  readonly onZoomBy: (factor: number, about: number) => void;
  readonly onWant: (place: number) => void;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
}

const ROW = 26;
const STACKED_ROW = 46;
const STACKED_BELOW = 480;
const AXIS_HEIGHT = 24;
const HEAD = OVERVIEW_HEIGHT + AXIS_HEIGHT + 1;
const OVERSCAN = 4;
const TICK_PX = 110;

/** The rows under their axis: one tab stop, in which arrows go from row to row. */
export function TimelineGrid(props: TimelineGridProps) {
  const { ref, label, rows, scale, window, whole, path, now, collapsed, selected, onSelect, onWant } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const gridElement = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const theme = useTheme();
  const offset = useRef(0);
  const size = useSize(scroller);
  const isStacked = size.width > 0 && size.width < STACKED_BELOW;
  const rowHeight = isStacked ? STACKED_ROW : ROW;
  const [names, setNames] = useNameWidth(size.width);
  const width = Math.max(0, size.width - (isStacked ? 0 : names));
  const [activeId, setActiveId] = useState<string | undefined>(selected);
  const foundPlace = activeId === undefined ? -1 : rows.placeOf(activeId);
  const activePlace = foundPlace === -1 ? 0 : foundPlace;

  const rush = useRush();
  // Its functions change what they return without changing themselves, so nothing here is remembered by the compiler.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: HEAD,
    scrollPaddingStart: HEAD + rowHeight,
    scrollPaddingEnd: rowHeight,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) =>
        withPlace(defaultRangeExtractor(range), activePlace, rows.count),
      [activePlace, rows.count],
    ),
    // Where it is scrolled to is told here: to ask the document would make it lay out what has just changed.
    onChange: ({ scrollOffset, scrollRect, scrollDirection }) => {
      offset.current = scrollOffset ?? 0;
      rush.note(offset.current, scrollRect?.height ?? 0);
      const end = HEAD + rows.count * rowHeight - (scrollRect?.height ?? 0);
      if (scrollDirection === "forward" && end > 0 && offset.current >= end - 2) props.onFollow(true);
    },
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const items = virtualizer.getVirtualItems();
  const slots = Math.ceil((size.height / rowHeight + 2 * OVERSCAN + 2) / 8) * 8;
  const firstSeen = virtualizer.range?.startIndex ?? 0;
  useEffect(() => onWant(firstSeen), [firstSeen, onWant]);
  useSteady(scroller, offset, rows, rowHeight, props.isFollowing);

  const goTo = (place: number, isStep: boolean) => {
    const next = Math.max(0, Math.min(rows.count - 1, place));
    const row = rows.rowAt(next);
    virtualizer.scrollToIndex(next, { align: "auto" });
    if (row === undefined) return;
    setActiveId(row.span.id);
    // The panel follows the keys where it is open.
    if (isStep && selected !== undefined) onSelect(row.span.id, true);
  };
  useImperativeHandle(ref, () => ({
    show: (eventId) => {
      const place = rows.placeOf(eventId);
      setActiveId(eventId);
      if (place >= 0)
        virtualizer.scrollToIndex(place, { align: isSeen(virtualizer, place) ? "auto" : "center" });
    },
    active: () => rows.rowAt(activePlace)?.span.id,
  }));

  const toggle = (row: TimelineRow) => {
    const next = new Set(collapsed);
    if (!next.delete(row.span.id)) next.add(row.span.id);
    props.onCollapsed(next);
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows.rowAt(activePlace);
    const page = Math.max(1, Math.floor((size.height - HEAD) / rowHeight) - 1);
    const acts: Record<string, () => void> = {
      ArrowDown: () => goTo(activePlace + (foundPlace === -1 ? 0 : 1), true),
      ArrowUp: () => goTo(activePlace - 1, true),
      PageDown: () => goTo(activePlace + page, true),
      PageUp: () => goTo(activePlace - page, true),
      Home: () => goTo(0, true),
      End: () => goTo(rows.count - 1, true),
      ArrowRight: () => {
        if (!row?.below) return;
        if (collapsed.has(row.span.id)) toggle(row);
        else goTo(activePlace + 1, true);
      },
      ArrowLeft: () => {
        if (row === undefined) return;
        if (row.below && !collapsed.has(row.span.id)) toggle(row);
        else if (row.span.parentId !== null && rows.placeOf(row.span.parentId) >= 0) {
          goTo(rows.placeOf(row.span.parentId), true);
        }
      },
      Enter: () => row && onSelect(row.span.id),
      " ": () => row && onSelect(row.span.id),
    };
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow") || /^(Page|Home|End)/.test(event.key))
      props.onFollow(event.key === "End");
    act();
  };
  const step = (by: 1 | -1) => {
    const row = rows.rowAt(Math.max(0, Math.min(rows.count - 1, activePlace + (foundPlace === -1 ? 0 : by))));
    if (row === undefined) return;
    props.onFollow(false);
    goTo(rows.placeOf(row.span.id), false);
    onSelect(row.span.id, selected !== undefined);
  };
  useShortcut({ keys: "j", label: "Select the next event", group: "Timeline" }, () => step(1));
  useShortcut({ keys: "k", label: "Select the previous event", group: "Timeline" }, () => step(-1));
  const click = (event: MouseEvent) => {
    const row = rowOfTarget(event.target, rows);
    if (row === undefined) return;
    setActiveId(row.span.id);
    if ((event.target as Element).closest("[data-toggle]")) toggle(row);
    else onSelect(row.span.id);
  };
  const doubleClick = (event: MouseEvent) => {
    const row = rowOfTarget(event.target, rows);
    if (row !== undefined && !(event.target as Element).closest("[data-toggle]")) props.onFit(row.span.id);
  };
  useWheelZoom(scroller, isStacked ? 0 : names, scale, whole, window, props.onZoom, props.onZoomBy);

  const ticks = useMemo(
    () => spacedTicks(scale, whole.from, Math.max(2, Math.floor(width / TICK_PX))),
    [scale, whole.from, width],
  );
  return (
    <div
      ref={scroller}
      onWheel={(event) => event.deltaY < 0 && props.onFollow(false)}
      style={{ "--names": `${names}px` } as CSSProperties}
      className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto bg-surface [scrollbar-gutter:stable]"
    >
      <div className="sticky top-0 z-10 border-b border-line bg-surface" style={{ height: HEAD }}>
        <div className="flex" style={{ height: OVERVIEW_HEIGHT }}>
          {!isStacked && (
            <Shown
              window={window}
              whole={whole}
              lengthMs={Math.min(now, whole.to) - whole.from}
              onWhole={() => props.onZoom(undefined)}
            />
          )}
          <Overview
            key={theme}
            tree={rows.tree}
            buckets={props.buckets}
            zero={props.zero}
            whole={whole}
            scale={props.wholeScale}
            window={window}
            onZoom={props.onZoom}
            width={width}
          />
        </div>
        <div aria-hidden className="flex" style={{ height: AXIS_HEIGHT }}>
          {!isStacked && (
            <span className="flex w-(--names) shrink-0 items-center border-r border-line px-3 text-2xs font-medium text-soft">
              Event
            </span>
          )}
          <div className="relative min-w-0 flex-1 overflow-hidden border-t border-line">
            <Axis scale={scale} ticks={ticks} zero={whole.from} />
          </div>
        </div>
        {!isStacked && <NameWidth width={names} onWidth={setNames} />}
      </div>
      <div
        ref={gridElement}
        role="treegrid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={rows.count + 1}
        aria-activedescendant={rows.rowAt(activePlace) ? `${prefix}-${activePlace}` : undefined}
        onKeyDown={press}
        onClick={click}
        onDoubleClick={doubleClick}
        className="group/grid relative outline-none"
        style={{ height: rows.count * rowHeight }}
      >
        <div role="row" aria-rowindex={1} className="sr-only">
          <span role="columnheader">Event</span>
          <span role="columnheader">Time</span>
        </div>
        <div
          aria-hidden
          className="pointer-events-none absolute inset-y-0 right-0"
          style={{ left: isStacked ? 0 : names }}
        >
          <Lines scale={scale} ticks={ticks} gaps={props.gaps} isCompressed={props.isCompressed} />
        </div>
        {items.map((item) => {
          const row = rows.rowAt(item.index);
          const top = item.index * rowHeight;
          if (row === undefined)
            return (
              <Unread
                key={slotOf(item.index, activePlace, slots)}
                top={top}
                height={rowHeight}
                place={item.index}
              />
            );
          const { span } = row;
          return (
            <SpanRow
              key={slotOf(item.index, activePlace, slots)}
              id={`${prefix}-${item.index}`}
              span={span}
              place={item.index}
              depth={row.depth}
              below={row.below}
              errorsBelow={row.errorsBelow}
              isCollapsed={collapsed.has(span.id)}
              isSelected={span.id === selected}
              isActive={item.index === activePlace}
              isStacked={isStacked}
              isRushing={rush.isRushing}
              top={top}
              height={rowHeight}
              scale={scale}
              width={width}
              now={span.end === null ? now : 0}
              critical={
                path === undefined ? undefined : (row.index !== undefined && path.get(row.index)) || null
              }
            />
          );
        })}
      </div>
    </div>
  );
}

/** A row that is being read. */
function Unread({
  top,
  height,
  place,
}: {
  readonly top: number;
  readonly height: number;
  readonly place: number;
}) {
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-busy
      style={{ top, height }}
      className="absolute inset-x-0 flex items-center px-3 contain-strict"
    >
      <span role="gridcell" aria-label="Being read" className="h-2.5 w-40 rounded-sm bg-line" />
    </div>
  );
}

interface ShownProps {
  readonly window: TimeWindow | undefined;
  readonly whole: TimeWindow;
  /** How long it took, or has been going on: the axis of what goes on is longer. */
  readonly lengthMs: number;
  readonly onWhole: () => void;
}

/** Which part of the run is shown. */
function Shown({ window, whole, lengthMs, onWhole }: ShownProps) {
  return (
    <div className="flex w-(--names) shrink-0 items-center gap-2 border-r border-line px-3 text-xs">
      {window ? (
        <>
          <span className="min-w-0">
            <span className="figure block truncate font-medium">
              {formatDuration(window.to - window.from)}
            </span>
            <span className="figure block truncate text-2xs text-faint">
              from {formatDuration(window.from - whole.from)} of {formatDuration(lengthMs)}
            </span>
          </span>
          <IconButton icon={X} label="Show the whole run" keys="0" className="ml-auto" onClick={onWhole} />
        </>
      ) : (
        <span className="min-w-0">
          <span className="figure block truncate font-medium">{formatDuration(lengthMs)}</span>
          <span className="block truncate text-2xs text-faint">Drag over the strip to look closer</span>
        </span>
      )}
    </div>
  );
}

const LEAST_NAMES = 160;
const NAME_STEP = 24;

function useNameWidth(whole: number): readonly [number, (width: number) => void] {
  const [kept, setKept] = useState(() => Number(readPreference("timeline-names")) || 0);
  const usual = Math.min(380, Math.max(200, whole * 0.34));
  const names = Math.round(Math.max(LEAST_NAMES, Math.min(kept || usual, whole * 0.7)));
  const set = useCallback((width: number) => {
    setKept(width);
    writePreference("timeline-names", width > 0 ? String(Math.round(width)) : null);
  }, []);
  return [names, set];
}

function NameWidth({
  width,
  onWidth,
}: {
  readonly width: number;
  readonly onWidth: (width: number) => void;
}) {
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const [startX, startWidth] = [event.clientX, width];
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) =>
      onWidth(Math.max(LEAST_NAMES, startWidth + moved.clientX - startX));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  const nudge = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -NAME_STEP, ArrowRight: NAME_STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onWidth(Math.max(LEAST_NAMES, width + step));
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuenow={width}
      aria-valuemin={LEAST_NAMES}
      aria-valuemax={1_000}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={nudge}
      onDoubleClick={() => onWidth(0)}
      className="absolute inset-y-0 left-(--names) z-10 -ml-1 w-2 cursor-col-resize touch-none hover:bg-accent/30"
    />
  );
}

/** Each row that is seen has a slot of its own, whose elements the next one that comes into sight takes over. */
function slotOf(place: number, activePlace: number, slots: number): string {
  return place === activePlace ? "active" : String(place % slots);
}

function rowOfTarget(target: EventTarget, rows: TimelineRows): TimelineRow | undefined {
  const place =
    target instanceof Element ? target.closest<HTMLElement>("[data-place]")?.dataset["place"] : undefined;
  return place === undefined ? undefined : rows.rowAt(Number(place));
}

/** Keep the row that keys begin at in the document: it is what screen readers are told to look at. */
function withPlace(places: number[], place: number, count: number): number[] {
  if (place >= count || places.length === 0) return places;
  if (place < (places[0] as number)) return [place, ...places];
  return place > (places.at(-1) as number) ? [...places, place] : places;
}

function isSeen(
  virtualizer: { readonly range: { startIndex: number; endIndex: number } | null },
  place: number,
) {
  const { range } = virtualizer;
  return range !== null && place > range.startIndex && place < range.endIndex - 2;
}

function useSize(element: RefObject<HTMLElement | null>): {
  readonly width: number;
  readonly height: number;
} {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observed = element.current;
    if (observed === null) return undefined;
    // The width without the scrollbar.
    const measure = () => setSize({ width: observed.clientWidth, height: observed.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(observed);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Keep what is looked at in its place when rows come or go above it, or follow the newest. */
function useSteady(
  scroller: RefObject<HTMLDivElement | null>,
  offset: RefObject<number>,
  rows: TimelineRows,
  rowHeight: number,
  isFollowing: boolean,
): void {
  const shown = useRef(rows);
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = rows;
    const element = scroller.current;
    if (element === null) return;
    if (isFollowing) {
      element.scrollTo({ top: element.scrollHeight });
      return;
    }
    if (before === rows || offset.current <= 0) return;
    const first = Math.floor(offset.current / rowHeight);
    const anchor = before.rowAt(first)?.span.id;
    const place = anchor === undefined ? -1 : rows.placeOf(anchor);
    if (place >= 0 && place !== first) {
      element.scrollTo({ top: offset.current + (place - first) * rowHeight });
    }
  }, [scroller, offset, rows, rowHeight, isFollowing]);
}

const WHEEL_SPEED = 0.002;

/** Ctrl and the wheel zoom about the pointer; the wheel sideways moves what is zoomed. */
function useWheelZoom(
  scroller: RefObject<HTMLDivElement | null>,
  left: number,
  scale: TimeScale,
  whole: TimeWindow,
  window: TimeWindow | undefined,
  onZoom: (window: TimeWindow | undefined) => void,
  onZoomBy: (factor: number, about: number) => void,
): void {
  const latest = useRef({ left, scale, whole, window, onZoom, onZoomBy });
  useEffect(() => {
    latest.current = { left, scale, whole, window, onZoom, onZoomBy };
  });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const turn = (event: WheelEvent) => {
      const now = latest.current;
      const box = element.getBoundingClientRect();
      const width = element.clientWidth - now.left;
      const sideways = event.deltaX || (event.shiftKey ? event.deltaY : 0);
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const share = (event.clientX - box.left - now.left) / width;
        now.onZoomBy(Math.exp(event.deltaY * WHEEL_SPEED), now.scale.time(Math.min(1, Math.max(0, share))));
      } else if (sideways !== 0 && now.window !== undefined) {
        event.preventDefault();
        const by = (sideways / width) * (now.window.to - now.window.from);
        now.onZoom(within({ from: now.window.from + by, to: now.window.to + by }, now.whole));
      }
    };
    // React's listeners are passive, and the browser would zoom the page.
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [scroller]);
}
