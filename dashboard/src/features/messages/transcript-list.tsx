import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef } from "react";
import { useSelection } from "@/ui/selection";
import { CallCard } from "./call-card";
import { MessageCard } from "./message-card";
import type { Entry } from "./transcript";

interface TranscriptProps {
  readonly runId: string;
  readonly entries: readonly Entry[];
  /** Which calls show what went in and out before anybody asks. */
  readonly openCalls: "all" | "models" | "none";
  readonly hasMore: boolean;
  readonly onMore: () => void;
  readonly isFollowing: boolean;
  readonly onLeave: () => void;
}

const NEAR_END = 20;
const PADDING = 8;

/** The transcript: of all its entries those that are on the screen. */
export function Transcript(props: TranscriptProps) {
  const { runId, entries, openCalls, hasMore, onMore, isFollowing, onLeave } = props;
  const { selection, select } = useSelection();
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (entries[index]?.kind === "event" ? 42 : 110),
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: 6,
    scrollMargin: PADDING,
  });
  const items = virtualizer.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastSeen >= entries.length - NEAR_END) onMore();
  });
  useEffect(() => {
    if (isFollowing && entries.length > 0) virtualizer.scrollToIndex(entries.length - 1, { align: "end" });
  }, [isFollowing, entries.length, virtualizer]);

  const own = useRef<string | undefined>(undefined);
  const place = entries.findIndex(
    (entry) =>
      entry.kind === "message" &&
      selection.message !== undefined &&
      (entry.message.message_id === selection.message || entry.answeredBy.includes(selection.message)),
  );
  const isFound = place >= 0;
  const latest = useRef(place);
  useEffect(() => {
    latest.current = place;
  });
  useEffect(() => {
    if (!isFound || own.current === selection.message) return;
    own.current = selection.message;
    virtualizer.scrollToIndex(latest.current, { align: "center" });
  }, [selection.message, isFound, virtualizer]);

  const selectMessage = useCallback(
    (message: string) => {
      own.current = message;
      select({ message });
    },
    [select],
  );
  const selectEvent = useCallback((event: string) => select({ event }), [select]);
  return (
    <div
      ref={scroller}
      role="list"
      aria-label="Transcript"
      // It scrolls, so the keyboard must get there.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onWheel={(event) => {
        if (event.deltaY < 0) onLeave();
      }}
      className="relative min-h-0 flex-1 overflow-auto pt-2 pb-6 -outline-offset-2"
    >
      <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const entry = entries[index];
          if (entry === undefined) return null;
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              role="listitem"
              aria-posinset={index + 1}
              aria-setsize={hasMore ? -1 : entries.length}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${start - PADDING}px)` }}
            >
              {entry.kind === "message" ? (
                <MessageCard
                  entry={entry}
                  isSelected={index === place}
                  onSelect={selectMessage}
                  onEvent={selectEvent}
                />
              ) : (
                <CallCard
                  runId={runId}
                  event={entry.event}
                  isSelected={entry.event.event_id === selection.event}
                  isOpenAtFirst={
                    openCalls === "all" || (openCalls === "models" && entry.event.event_type === "llm_call")
                  }
                  onEvent={selectEvent}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
