import {
  ArrowDownToLine,
  ChevronDown,
  ChevronsDownUp,
  ChevronsUpDown,
  ChevronUp,
  FoldHorizontal,
  Maximize2,
  Scan,
  Spline,
  ZoomIn,
  ZoomOut,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import { formatCount, formatDuration, formatNumberOf, formatShare } from "@/lib/format";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Tooltip } from "@/ui/tooltip";

interface TimelineToolsProps {
  readonly count: number;
  readonly loaded: number;
  readonly isWhole: boolean;
  readonly errors: { readonly count: number; readonly current: number };
  readonly onError: (step: 1 | -1) => void;
  readonly isCritical: boolean;
  readonly onCritical: () => void;
  readonly idle: { readonly ms: number; readonly share: number } | null;
  readonly isCompressed: boolean;
  readonly onCompress: () => void;
  readonly hasCollapsed: boolean;
  readonly onCollapse: () => void;
  readonly isZoomed: boolean;
  readonly onZoom: (step: "in" | "out" | "whole" | "fit") => void;
  readonly canFit: boolean;
  readonly isLive: boolean;
  readonly isFollowing: boolean;
  readonly onFollow: () => void;
}

/** What can be done with the timeline, in one line. */
export function TimelineTools(props: TimelineToolsProps) {
  const { count, loaded, isWhole, errors, idle, isCompressed, isZoomed } = props;
  return (
    <div
      role="toolbar"
      aria-label="Timeline"
      className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-1 gap-y-0.5 border-b border-line bg-surface px-2 py-1 sm:px-3"
    >
      <span className="figure mr-1 text-xs text-soft" role="status">
        {isWhole || loaded >= count
          ? formatNumberOf(count, "event")
          : `${formatCount(loaded)} of ${formatNumberOf(count, "event")}`}
      </span>
      {errors.count > 0 && (
        <span className="mr-1 flex items-center rounded-md bg-bad-tint pl-2 text-xs font-medium text-bad">
          <span className="figure">
            {errors.current >= 0 && `${formatCount(errors.current + 1)} of `}
            {formatNumberOf(errors.count, "error source")}
          </span>
          <IconButton
            icon={ChevronUp}
            label="Previous error"
            keys="E"
            className="text-bad"
            onClick={() => props.onError(-1)}
          />
          <IconButton
            icon={ChevronDown}
            label="Next error"
            keys="e"
            className="-ml-1 text-bad"
            onClick={() => props.onError(1)}
          />
        </span>
      )}
      {isWhole && (
        <>
          <Toggle icon={Spline} label="Critical path" isOn={props.isCritical} onClick={props.onCritical}>
            What the run waited for, one after the other
          </Toggle>
          {(idle || isCompressed) && (
            <Toggle
              icon={FoldHorizontal}
              label={
                isCompressed || !idle ? "Idle time is short" : `Compress ${formatDuration(idle.ms)} idle`
              }
              isOn={isCompressed}
              onClick={props.onCompress}
            >
              {idle
                ? `For ${formatShare(idle.share)} of the run no call was going on; draw that time shorter than it was`
                : "Draw idle time as long as it was"}
            </Toggle>
          )}
        </>
      )}
      <span className="ml-auto flex items-center">
        {props.isLive && (
          <Toggle icon={ArrowDownToLine} label="Follow" isOn={props.isFollowing} onClick={props.onFollow}>
            Keep the newest events in sight
          </Toggle>
        )}
        {isWhole && (
          <IconButton
            icon={props.hasCollapsed ? ChevronsUpDown : ChevronsDownUp}
            label={props.hasCollapsed ? "Expand all" : "Collapse to the first levels"}
            onClick={props.onCollapse}
          />
        )}
        <IconButton
          icon={ZoomOut}
          label="Zoom out"
          keys="-"
          disabled={!isZoomed}
          onClick={() => props.onZoom("out")}
        />
        <IconButton icon={ZoomIn} label="Zoom in" keys="+" onClick={() => props.onZoom("in")} />
        <IconButton
          icon={Scan}
          label="Fit what is selected"
          keys="f"
          disabled={!props.canFit}
          onClick={() => props.onZoom("fit")}
        />
        <IconButton
          icon={Maximize2}
          label="Show the whole run"
          keys="0"
          disabled={!isZoomed}
          onClick={() => props.onZoom("whole")}
        />
      </span>
    </div>
  );
}

interface ToggleProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly isOn: boolean;
  readonly onClick: () => void;
  /** What it does. */
  readonly children: ReactNode;
}

function Toggle({ icon: Icon, label, isOn, onClick, children }: ToggleProps) {
  return (
    <Tooltip text={children}>
      <button
        type="button"
        aria-pressed={isOn}
        onClick={onClick}
        className={classNames(
          "inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap",
          isOn ? "bg-selected font-medium text-accent" : "text-soft hover:bg-hover hover:text-text",
        )}
      >
        <Icon aria-hidden size={14} />
        {label}
      </button>
    </Tooltip>
  );
}
