import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useId, useMemo, useRef, type KeyboardEvent } from "react";
import { titleOf, type EventRow } from "@/lib/event-row";
import { formatClock } from "@/lib/format";
import { eventKind, statusWord } from "@/lib/vocabulary";
import { classNames } from "@/ui/class-names";
import { hueClasses } from "@/ui/kind";
import { Marked } from "@/ui/marked";
import { useShortcut } from "@/ui/shortcuts";
import { StatusIcon } from "@/ui/status";
import { instantOf, restOf } from "./raw";

interface RawLinesProps {
  readonly rows: readonly EventRow[];
  readonly searched: string;
  readonly selectedId: string | undefined;
  readonly isFollowing: boolean;
  readonly onLeave: () => void;
  readonly onSelect: (row: EventRow) => void;
}

const LINE = 24;

/** The lines that are on the screen; arrows go from one to the next. */
export function RawLines({ rows, searched, selectedId, isFollowing, onLeave, onSelect }: RawLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 16,
    scrollPaddingStart: LINE,
    scrollPaddingEnd: LINE,
  });
  const selected = useMemo(
    () => (selectedId === undefined ? -1 : rows.findIndex((row) => row.id === selectedId)),
    [rows, selectedId],
  );
  const own = useRef<string | undefined>(undefined);
  const isFound = selected >= 0;
  const latest = useRef(selected);
  useEffect(() => {
    latest.current = selected;
  });
  useEffect(() => {
    if (isFound && own.current !== selectedId) virtualizer.scrollToIndex(latest.current, { align: "center" });
  }, [isFound, selectedId, virtualizer]);
  useEffect(() => {
    if (isFollowing) virtualizer.scrollToIndex(rows.length - 1, { align: "end" });
  }, [isFollowing, rows.length, virtualizer]);

  const choose = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    own.current = row.id;
    onLeave();
    onSelect(row);
  };
  const press = (event: KeyboardEvent) => {
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / LINE) - 2;
    const steps: Record<string, number> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: rows.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(next);
  };
  const step = (to: number) => {
    choose(to);
    virtualizer.scrollToIndex(Math.max(0, Math.min(rows.length - 1, to)), { align: "auto" });
  };
  useShortcut({ keys: "j", label: "Select the next event", group: "Raw" }, () => step(selected + 1));
  useShortcut({ keys: "k", label: "Select the previous event", group: "Raw" }, () => step(selected - 1));
  const items = virtualizer.getVirtualItems();
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      ref={scroller}
      role="listbox"
      aria-label="Events as lines"
      tabIndex={0}
      aria-activedescendant={
        items.some(({ index }) => index === selected) ? `${prefix}-${selected}` : undefined
      }
      onKeyDown={press}
      onWheel={(event) => {
        if (event.deltaY < 0) onLeave();
      }}
      className="relative min-h-0 flex-1 overflow-auto -outline-offset-2"
    >
      <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return (
            row && (
              <RawLine
                key={row.id}
                id={`${prefix}-${index}`}
                row={row}
                place={index + 1}
                count={rows.length}
                top={start}
                searched={searched}
                isSelected={index === selected}
                onSelect={() => choose(index)}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

interface RawLineProps {
  readonly id: string;
  readonly row: EventRow;
  readonly place: number;
  readonly count: number;
  readonly top: number;
  readonly searched: string;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

const RawLine = memo(function RawLine(props: RawLineProps) {
  const { row, searched, isSelected } = props;
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={props.id}
      role="option"
      aria-selected={isSelected}
      aria-posinset={props.place}
      aria-setsize={props.count}
      data-event={row.id}
      onClick={props.onSelect}
      style={{ top: props.top, height: LINE }}
      className={classNames(
        "absolute inset-x-0 flex cursor-default items-center gap-3 px-3 font-mono text-xs whitespace-nowrap",
        isSelected ? "bg-selected" : "hover:bg-hover",
      )}
    >
      <span className="w-14 shrink-0 text-right text-faint @max-lg:hidden">{row.order + 1}</span>
      <time
        dateTime={instantOf(row.startedAt)}
        title={instantOf(row.startedAt)}
        className="w-24 shrink-0 text-faint"
      >
        {formatClock(new Date(row.startedAt), 3)}
      </time>
      <span title={statusWord(row.status).label} className="flex shrink-0">
        <StatusIcon status={row.status} size={12} />
        <span className="sr-only">{statusWord(row.status).label}</span>
      </span>
      <span
        className={classNames("w-28 shrink-0 truncate @max-lg:hidden", hueClasses(eventKind(row.type)).text)}
      >
        <Marked text={row.type} searched={searched} />
      </span>
      <span
        className={classNames(
          "name-text max-w-72 shrink-0 font-medium @max-lg:max-w-44",
          row.status === "failed" && "text-bad",
        )}
      >
        <Marked text={titleOf(row)} searched={searched} />
      </span>
      <span className="min-w-0 truncate text-soft">
        {restOf(row).map(([name, value]) => (
          <span key={name} className="mr-3">
            <span className="text-faint">{name}=</span>
            <bdi>
              <Marked text={String(value)} searched={searched} />
            </bdi>
          </span>
        ))}
      </span>
    </div>
  );
});
