import { ArrowDown, ArrowUp, CircleAlert, FoldVertical, Radio, UnfoldVertical } from "lucide-react";
import { formatCount, formatNumberOf } from "@/lib/format";
import { IconButton } from "@/ui/button";
import { SearchField } from "@/ui/search-field";
import { Toggle } from "@/ui/toggle";
import { Reading } from "@/ui/reading";
import { CELLS } from "./tree-row";
import { classNames } from "@/ui/class-names";

interface TreeBarProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onlyErrors: boolean;
  readonly onOnlyErrors: (onlyErrors: boolean) => void;
  readonly nErrors: number;
  readonly onStepError: (by: 1 | -1) => void;
  readonly match: { readonly place: number; readonly of: number } | null;
  readonly onStepMatch: (by: 1 | -1) => void;
  readonly onOpenAll: () => void;
  readonly onCloseAll: () => void;
  /** Whether it follows what happens; null where nothing can happen any more. */
  readonly following: boolean | null;
  readonly onFollow: (isFollowing: boolean) => void;
  readonly nRead: number;
  readonly total: number;
  readonly isWhole: boolean;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** What the tree is searched for, and how far it is open. */
export function TreeBar(props: TreeBarProps) {
  const { match, following, nErrors } = props;
  return (
    <div className="shrink-0 border-b border-line">
      <div className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 px-3 py-1.5">
        <SearchField
          label="Search events"
          text={props.text}
          onText={props.onText}
          className="w-60 @max-lg:w-auto @max-lg:flex-1"
        />
        {match && (
          <span role="status" className="figure text-xs text-soft">
            {match.place > 0 ? `${formatCount(match.place)} of ` : ""}
            {formatNumberOf(match.of, "match", "matches")}
          </span>
        )}
        {match && match.of > 0 && (
          <span className="flex">
            <IconButton
              icon={ArrowUp}
              label="Previous match"
              keys="Shift+N"
              onClick={() => props.onStepMatch(-1)}
            />
            <IconButton icon={ArrowDown} label="Next match" keys="n" onClick={() => props.onStepMatch(1)} />
          </span>
        )}
        {nErrors > 0 && (
          <span className="flex items-center gap-0.5">
            <Toggle icon={CircleAlert} isOn={props.onlyErrors} onToggle={props.onOnlyErrors} tone="bad">
              {formatNumberOf(nErrors, "error")}
            </Toggle>
            <IconButton icon={ArrowDown} label="Next error" keys="e" onClick={() => props.onStepError(1)} />
          </span>
        )}
        <span className="ml-auto flex items-center gap-1">
          <Reading
            nRead={props.nRead}
            total={props.total}
            isWhole={props.isWhole}
            error={props.error}
            onRetry={props.onRetry}
          />
          {following !== null && (
            <Toggle icon={Radio} isOn={following} onToggle={props.onFollow}>
              Follow
            </Toggle>
          )}
          <IconButton icon={UnfoldVertical} label="Open all" keys="*" onClick={props.onOpenAll} />
          <IconButton icon={FoldVertical} label="Close all" onClick={props.onCloseAll} />
        </span>
      </div>
      <div aria-hidden className="flex h-6 items-center gap-2 pr-4 pl-3 text-2xs font-medium text-faint">
        <span className="flex-1">Event</span>
        <span className={classNames("text-right", CELLS.duration)}>Duration</span>
        <span className={classNames("text-right", CELLS.self)}>Itself</span>
        <span className={classNames("text-right", CELLS.tokens)}>Tokens</span>
        <span className={classNames("text-right", CELLS.cost)}>Cost</span>
      </div>
    </div>
  );
}
