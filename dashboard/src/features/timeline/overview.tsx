import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Overview as Buckets } from "@/api/run";
import { parseInstant } from "@/lib/event-row";
import { formatDuration } from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { forEachStretch, overviewCells, type OverviewCells } from "./overview-cells";
import type { SpanTree, TimeWindow } from "./span-tree";
import { within, type TimeScale } from "./time-scale";

export const OVERVIEW_HEIGHT = 48;
const ERROR_HEIGHT = 6;
const LEAST_DRAG_PX = 4;
const STEP_SHARE = 0.02;

interface OverviewProps {
  readonly tree: SpanTree | null;
  /** How many events began when; what is shown until the tree is there. */
  readonly buckets: Buckets | undefined;
  readonly zero: string;
  readonly whole: TimeWindow;
  /** The scale of the whole. */
  readonly scale: TimeScale;
  readonly window: TimeWindow | undefined;
  readonly onZoom: (window: TimeWindow | undefined) => void;
  readonly width: number;
}

/** The whole run as a strip; dragging over it chooses what the timeline shows. Its colours are those of when it came. */
export function Overview(props: OverviewProps) {
  const { tree, buckets, zero, whole, scale, window, onZoom, width } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const cells = useMemo(
    () =>
      tree && width > 0
        ? overviewCells(tree, scale, Math.round(width), (OVERVIEW_HEIGHT - ERROR_HEIGHT - 4) / 2, whole.to)
        : null,
    [tree, scale, width, whole.to],
  );
  useEffect(() => {
    const context = canvas.current && prepared(canvas.current, width);
    if (!context) return;
    if (cells) paintCells(context, cells);
    else if (buckets) paintBuckets(context, buckets, parseInstant(zero), scale, width);
  }, [cells, buckets, zero, scale, width]);
  const brush = useBrush(scale, whole, window, onZoom);
  const shown = brush.drawn ?? window;
  const left = shown ? Math.max(0, scale.place(shown.from)) : 0;
  const right = shown ? Math.min(1, scale.place(shown.to)) : 1;
  return (
    <div
      data-overview=""
      className="relative min-w-0 flex-1 cursor-crosshair touch-none bg-sunken select-none"
      style={{ height: OVERVIEW_HEIGHT }}
      {...brush.handlers}
    >
      <canvas ref={canvas} aria-hidden className="absolute inset-0 h-full w-full" />
      {shown && (
        <>
          <Veil left={0} right={left} />
          <Veil left={right} right={1} />
          <span
            className="pointer-events-none absolute inset-y-0 border-x border-accent"
            style={{ left: `${left * 100}%`, right: `${(1 - right) * 100}%` }}
          />
        </>
      )}
      <Handle side="from" window={window ?? whole} {...{ whole, scale, onZoom }} />
      <Handle side="to" window={window ?? whole} {...{ whole, scale, onZoom }} />
    </div>
  );
}

function Veil({ left, right }: { readonly left: number; readonly right: number }) {
  return (
    <span
      className="pointer-events-none absolute inset-y-0 bg-surface/70"
      style={{ left: `${left * 100}%`, right: `${(1 - right) * 100}%` }}
    />
  );
}

interface HandleProps {
  readonly side: "from" | "to";
  readonly window: TimeWindow;
  readonly whole: TimeWindow;
  readonly scale: TimeScale;
  readonly onZoom: (window: TimeWindow | undefined) => void;
}

/** An end of the window, to be moved by arrows or dragged. */
function Handle({ side, window, whole, scale, onZoom }: HandleProps) {
  const value = window[side];
  const share = Math.min(1, Math.max(0, scale.place(value)));
  const moveTo = (ms: number) => {
    const least = (whole.to - whole.from) * 0.0001;
    const next =
      side === "from"
        ? { from: Math.max(whole.from, Math.min(ms, window.to - least)), to: window.to }
        : { from: window.from, to: Math.min(whole.to, Math.max(ms, window.from + least)) };
    onZoom(next.from <= whole.from && next.to >= whole.to ? undefined : next);
  };
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -STEP_SHARE,
      ArrowDown: -STEP_SHARE,
      ArrowRight: STEP_SHARE,
      ArrowUp: STEP_SHARE,
      PageDown: -STEP_SHARE * 5,
      PageUp: STEP_SHARE * 5,
    };
    const step = steps[event.key];
    if (event.key === "Home") moveTo(side === "from" ? whole.from : window.from);
    else if (event.key === "End") moveTo(side === "from" ? window.to : whole.to);
    else if (step !== undefined) moveTo(scale.time(share + step));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drag = (event: PointerEvent<HTMLSpanElement>) => {
    event.stopPropagation();
    const handle = event.currentTarget;
    const strip = handle.parentElement?.getBoundingClientRect();
    if (strip === undefined) return;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) =>
      moveTo(scale.time((moved.clientX - strip.left) / strip.width));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  return (
    <span
      role="slider"
      tabIndex={0}
      aria-label={side === "from" ? "Begin of what is shown" : "End of what is shown"}
      aria-valuemin={Math.round(whole.from)}
      aria-valuemax={Math.round(whole.to)}
      aria-valuenow={Math.round(value)}
      aria-valuetext={formatDuration(value - whole.from)}
      onKeyDown={press}
      onPointerDown={drag}
      style={{ left: `calc(${share * 100}% - ${side === "from" ? 0 : 10}px)` }}
      className="group/handle absolute inset-y-0 w-2.5 cursor-ew-resize"
    >
      <span
        className={classNames(
          "absolute inset-y-0 flex w-1.5 items-center justify-center bg-accent opacity-60 group-hover/handle:opacity-100 group-focus-visible/handle:opacity-100",
          side === "from" ? "left-0 rounded-r-sm" : "right-0 rounded-l-sm",
        )}
      >
        <span className="h-3 w-px bg-on-accent" />
      </span>
    </span>
  );
}

/** Dragging draws a window; a click moves the window there, and a double click shows the whole again. */
function useBrush(
  scale: TimeScale,
  whole: TimeWindow,
  window: TimeWindow | undefined,
  onZoom: (window: TimeWindow | undefined) => void,
) {
  const [drawn, setDrawn] = useState<TimeWindow | null>(null);
  const begin = useRef<{ readonly x: number; readonly time: number } | null>(null);
  const timeAt = (event: PointerEvent<HTMLElement>) => {
    const strip = event.currentTarget.getBoundingClientRect();
    return scale.time(Math.min(1, Math.max(0, (event.clientX - strip.left) / strip.width)));
  };
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      begin.current = { x: event.clientX, time: timeAt(event) };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (begin.current === null || Math.abs(event.clientX - begin.current.x) < LEAST_DRAG_PX) return;
      const time = timeAt(event);
      setDrawn({ from: Math.min(time, begin.current.time), to: Math.max(time, begin.current.time) });
    },
    onPointerUp: () => {
      if (drawn !== null && drawn.to > drawn.from) onZoom(drawn);
      else if (begin.current !== null && window !== undefined) {
        const half = (window.to - window.from) / 2;
        onZoom(within({ from: begin.current.time - half, to: begin.current.time + half }, whole));
      }
      begin.current = null;
      setDrawn(null);
    },
    onPointerCancel: () => {
      begin.current = null;
      setDrawn(null);
    },
    onDoubleClick: () => onZoom(undefined),
  };
  return { drawn, handlers };
}

function prepared(canvas: HTMLCanvasElement, width: number): CanvasRenderingContext2D | null {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(OVERVIEW_HEIGHT * ratio);
  const context = canvas.getContext("2d");
  context?.scale(ratio, ratio);
  return context;
}

function paintCells(context: CanvasRenderingContext2D, cells: OverviewCells): void {
  const color = colorsOf(context.canvas);
  const space = OVERVIEW_HEIGHT - ERROR_HEIGHT - 4;
  const line = Math.min(6, space / cells.lines);
  const height = Math.max(1, line - (line >= 4 ? 1 : 0));
  forEachStretch(cells, (hue, at, from, to) => {
    context.fillStyle = color(`--hue-${hue}`);
    context.fillRect(from, 2 + at * line, Math.max(1, to - from), height);
  });
  context.fillStyle = color("--bad");
  for (const [column, count] of cells.errors.entries()) {
    if (count > 0) context.fillRect(column - 1, OVERVIEW_HEIGHT - ERROR_HEIGHT, 3, ERROR_HEIGHT);
  }
}

function paintBuckets(
  context: CanvasRenderingContext2D,
  overview: Buckets,
  zeroMs: number,
  scale: TimeScale,
  width: number,
): void {
  const color = colorsOf(context.canvas);
  const most = Math.max(1, ...overview.buckets.map((bucket) => bucket.event_count));
  const space = OVERVIEW_HEIGHT - ERROR_HEIGHT - 4;
  for (const bucket of overview.buckets) {
    const left = scale.place(parseInstant(bucket.since) - zeroMs) * width;
    const right = scale.place(parseInstant(bucket.until) - zeroMs) * width;
    const height = Math.ceil((bucket.event_count / most) * space);
    context.fillStyle = color("--line-strong");
    context.fillRect(left, 2 + space - height, Math.max(1, right - left - 1), height);
    if (bucket.error_count > 0) {
      context.fillStyle = color("--bad");
      context.fillRect(left, OVERVIEW_HEIGHT - ERROR_HEIGHT, Math.max(3, right - left - 1), ERROR_HEIGHT);
    }
  }
}

function colorsOf(element: HTMLElement): (name: string) => string {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name) => {
    let color = known.get(name);
    if (color === undefined) {
      color = style.getPropertyValue(name);
      known.set(name, color);
    }
    return color;
  };
}
