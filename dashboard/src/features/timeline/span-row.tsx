import { ChevronDown, ChevronRight } from "lucide-react";
import { memo, type CSSProperties } from "react";
import { formatCost, formatCount, formatDuration, formatNumberOf, formatShort } from "@/lib/format";
import { eventKind, statusWord } from "@/lib/vocabulary";
import { classNames } from "@/ui/class-names";
import { hueClasses, KindDot, KindIcon } from "@/ui/kind";
import { StatusIcon } from "@/ui/status";
import { placeBar, type BarPlace } from "./bar";
import { isMoment, type Span } from "./span";
import type { TimeWindow } from "./span-tree";
import type { TimeScale } from "./time-scale";

const INDENT_PX = 14;
const STACKED_INDENT_PX = 8.4;
const MOST_INDENTS = 14;
const LABEL_PX = 74;
/** The bar tells of these. */
const PLAIN_STATUSES: ReadonlySet<string> = new Set(["completed", "running"]);

export interface SpanRowProps {
  readonly id: string;
  readonly span: Span;
  readonly place: number;
  readonly depth: number;
  /** How many rows are below it, and how many of those failed; undefined as long as that is not known. */
  readonly below: number | undefined;
  readonly errorsBelow: number;
  readonly isCollapsed: boolean;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  readonly isStacked: boolean;
  /** It is soon gone: what nobody sees in passing is left out. */
  readonly isRushing: boolean;
  readonly top: number;
  readonly height: number;
  readonly scale: TimeScale;
  readonly width: number;
  /** The present on the axis; only rows of what goes on have it. */
  readonly now: number;
  /** What of it the run waited for; undefined where that is not asked. */
  readonly critical: readonly TimeWindow[] | null | undefined;
}

/** A row of the timeline: the name of an event at its depth, and its bar. Clicks are taken by the grid. */
export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { span, depth, below, isCollapsed, isSelected, isActive, isStacked, isRushing, top, height } = props;
  const hasFailed = span.status === "failed";
  const kind = eventKind(span.type);
  const isLeaf = below === undefined || below === 0;
  const indents = Math.min(depth, MOST_INDENTS);
  return (
    <div
      role="row"
      id={props.id}
      data-place={props.place}
      aria-rowindex={props.place + 2}
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={isLeaf ? undefined : !isCollapsed}
      style={{ top, height }}
      className={classNames(
        "absolute inset-x-0 flex contain-strict",
        isStacked ? "flex-col border-b border-line" : "flex-row",
        isSelected ? "bg-selected" : hasFailed ? "bg-bad-tint/60 hover:bg-bad-tint" : "hover:bg-hover",
        isActive && "z-[1] group-focus-visible/grid:shadow-focus",
      )}
    >
      <div
        role="gridcell"
        style={isStacked ? { paddingLeft: 6 + indents * STACKED_INDENT_PX } : guided(indents)}
        className={classNames(
          "relative flex min-w-0 items-center gap-1.5 pr-2",
          isStacked ? "h-6 w-full" : "w-(--names) shrink-0 border-r border-line",
        )}
      >
        {isLeaf ? (
          <span className="w-4 shrink-0" />
        ) : (
          <span
            data-toggle=""
            aria-hidden
            className="-my-1 -ml-1 flex h-6 w-5 shrink-0 cursor-pointer items-center justify-center rounded-sm text-faint hover:bg-line hover:text-text"
          >
            {isCollapsed ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
          </span>
        )}
        {isRushing ? (
          <KindDot kind={kind} />
        ) : hasFailed ? (
          <StatusIcon status="failed" />
        ) : (
          <KindIcon kind={kind} />
        )}
        <span
          className={classNames(
            "name-text min-w-0 text-sm",
            hasFailed && "font-medium text-bad",
            span.status === "skipped" && "text-faint",
          )}
        >
          {span.name}
        </span>
        {!isRushing && !hasFailed && !PLAIN_STATUSES.has(span.status) && (
          <StatusIcon status={span.status} size={12} />
        )}
        {!isRushing && (
          <span className="sr-only">
            {`, ${kind.label}, ${statusWord(span.status).label}, ${span.end === null ? "" : formatDuration(span.end - span.start)}`}
          </span>
        )}
        {depth > MOST_INDENTS && <span className="figure text-2xs text-faint">{depth}</span>}
        {isCollapsed && !isLeaf && (
          <span className="figure ml-auto shrink-0 rounded-full bg-sunken px-1.5 text-2xs text-soft">
            {formatShort(below)}
            <span className="sr-only"> below</span>
          </span>
        )}
        {props.errorsBelow > 0 && (isCollapsed || !hasFailed) && (
          <span
            title={`${formatNumberOf(props.errorsBelow, "error")} below`}
            className={classNames(
              "figure shrink-0 text-2xs font-medium text-bad",
              !isCollapsed && "ml-auto pl-1",
            )}
          >
            {formatCount(props.errorsBelow)} ✕
          </span>
        )}
      </div>
      <div
        role="gridcell"
        className={classNames("relative min-w-0 overflow-hidden", isStacked ? "h-5 w-full" : "flex-1")}
      >
        <Bar {...props} />
      </div>
    </div>
  );
});

/** Room for the depth, with lines from parents to their children. */
function guided(indents: number): CSSProperties {
  const width = indents * INDENT_PX;
  return {
    paddingLeft: 6 + width,
    background: `repeating-linear-gradient(to right, var(--line) 0 1px, transparent 1px ${INDENT_PX}px) 13px 0 / ${width}px 100% no-repeat`,
  };
}

function Bar({ span, scale, now, width, critical, isStacked, isRushing }: SpanRowProps) {
  const place = placeBar(span, scale, now, width > 0 ? LABEL_PX / width : 0);
  if (place === null) return null;
  const kind = eventKind(span.type);
  const { fill, text } = hueClasses(kind);
  const color = span.status === "failed" ? "bg-bad" : fill;
  const isOff = critical === null;
  const hasParts = place.wait > 0;
  const height = isStacked ? "top-1 h-2.5" : "top-[7px] h-3";
  if (isMoment(span)) {
    return (
      <span
        title={isRushing ? undefined : titleOf(span, scale)}
        style={{ left: `calc(${place.left * 100}% - 4px)` }}
        className={classNames(
          "absolute size-2 rotate-45 rounded-[1px]",
          isStacked ? "top-[5px]" : "top-[9px]",
          color,
          isOff && "opacity-35",
        )}
      />
    );
  }
  return (
    <>
      <span
        title={isRushing ? undefined : titleOf(span, scale)}
        style={{ left: `${place.left * 100}%`, width: `${place.width * 100}%` }}
        className={classNames(
          "absolute flex min-w-[3px] overflow-hidden",
          height,
          place.isCutLeft ? "" : "rounded-l-[3px]",
          place.isCutRight || span.end === null ? "" : "rounded-r-[3px]",
          !hasParts && color,
          isOff && "opacity-35",
        )}
      >
        {place.wait > 0 && (
          <span
            style={{ width: `${place.wait * 100}%` }}
            className={classNames("relative h-full shrink-0 border-y border-l border-current", text)}
          >
            <span className={classNames("absolute inset-0 opacity-25", color)} />
          </span>
        )}
        {hasParts && <span className={classNames("h-full flex-1", color)} />}
        {span.end === null && (
          <span className="absolute inset-y-0 right-0 w-4 animate-breathe bg-linear-to-r from-transparent to-surface" />
        )}
      </span>
      <Critical stretches={critical} scale={scale} isStacked={isStacked} />
      {!isRushing && <Label span={span} place={place} now={now} isOff={isOff} isStacked={isStacked} />}
    </>
  );
}

function Critical({
  stretches,
  scale,
  isStacked,
}: Pick<SpanRowProps, "scale" | "isStacked"> & {
  readonly stretches: readonly TimeWindow[] | null | undefined;
}) {
  return stretches?.map((stretch) => {
    const left = Math.max(0, scale.place(stretch.from));
    const right = Math.min(1, scale.place(stretch.to));
    if (right < 0 || left > 1) return null;
    return (
      <span
        key={stretch.from}
        style={{ left: `${left * 100}%`, width: `${Math.max(0, right - left) * 100}%` }}
        className={classNames(
          "absolute h-[3px] min-w-[2px] rounded-full bg-brand",
          isStacked ? "top-4" : "top-[20px]",
        )}
      />
    );
  });
}

interface LabelProps {
  readonly span: Span;
  readonly place: BarPlace;
  readonly now: number;
  readonly isOff: boolean;
  readonly isStacked: boolean;
}

/** How long it took: behind the bar, before it near the right edge, or on it where it fills the width. */
function Label({ span, place, now, isOff, isStacked }: LabelProps) {
  if (place.label === "none") return null;
  const right = place.left + place.width;
  const style =
    place.label === "after"
      ? { left: `calc(max(${right * 100}%, ${place.left * 100}% + 3px) + 6px)` }
      : { right: `calc(${(1 - (place.label === "before" ? place.left : right)) * 100}% + 6px)` };
  const hasFailed = span.status === "failed";
  return (
    <span
      style={style}
      className={classNames(
        "figure pointer-events-none absolute text-2xs",
        isStacked ? "top-px leading-4" : "top-[5px] leading-4",
        place.label === "inside"
          ? "font-medium text-surface"
          : hasFailed
            ? "font-medium text-bad"
            : isOff
              ? "text-faint"
              : "text-soft",
        place.label === "inside" && isOff && "hidden",
      )}
    >
      {formatDuration((span.end ?? Math.max(now, span.start)) - span.start)}
    </span>
  );
}

function titleOf(span: Span, scale: TimeScale): string {
  const parts = [
    span.name,
    `${eventKind(span.type).label}, ${statusWord(span.status).label.toLowerCase()}`,
    `begins at ${formatDuration(span.start - Math.min(0, scale.from))}`,
  ];
  if (span.end !== null && span.end > span.start)
    parts.push(`takes ${formatDuration(span.end - span.start)}`);
  if (span.firstToken !== null)
    parts.push(`first token after ${formatDuration(span.firstToken - span.start)}`);
  if (span.model !== null) parts.push(span.model);
  if (span.tokens !== null) parts.push(formatNumberOf(span.tokens, "token"));
  if (span.cost !== null) parts.push(formatCost(span.cost));
  return parts.join("\n");
}
