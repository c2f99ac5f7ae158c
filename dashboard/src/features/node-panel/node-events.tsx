import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { readNodeEvents, type NodeEvent, type NodeSummary } from "@/api/node";
import { formatCount, formatDuration } from "@/lib/format";
import { eventKind, statusWord } from "@/lib/vocabulary";
import { KindIcon } from "@/ui/kind";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";
import { StatusIcon } from "@/ui/status";

const ROW = 34;

interface NodeEventsProps {
  readonly runId: string;
  readonly node: NodeSummary;
}

/** The events of this node in this run, in execution order; one that is opened leads back here when it is closed. */
export function NodeEvents({ runId, node }: NodeEventsProps) {
  const [eventType, setEventType] = useState<string | undefined>();
  const types = Object.keys(node.events_by_type).sort();
  const query = useInfiniteQuery(readNodeEvents(runId, node.node_id, eventType));
  const events = query.data?.pages.flatMap((page) => page.events);
  return (
    <div className="flex h-full min-h-0 flex-col">
      {types.length > 1 && (
        <div className="shrink-0 border-b border-line px-4 py-2">
          <select
            aria-label="Type of events"
            value={eventType ?? ""}
            onChange={(event) => setEventType(event.target.value || undefined)}
            className="h-7 max-w-full rounded-md border border-line-strong bg-surface px-1.5 text-sm"
          >
            <option value="">All types ({formatCount(node.event_count)})</option>
            {types.map((type) => (
              <option key={type} value={type}>
                {eventKind(type).label} ({formatCount(node.events_by_type[type] ?? 0)})
              </option>
            ))}
          </select>
        </div>
      )}
      {events === undefined ? (
        query.error ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Waiting />
        )
      ) : events.length === 0 ? (
        <Note title="No events">Nothing has happened in this node.</Note>
      ) : (
        <EventList
          events={events}
          nodeId={node.node_id}
          hasMore={query.hasNextPage && !query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        />
      )}
    </div>
  );
}

interface EventListProps {
  readonly events: readonly NodeEvent[];
  readonly nodeId: string;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

function EventList({ events, nodeId, hasMore, onMore }: EventListProps) {
  const pane = useRef<HTMLDivElement>(null);
  const { select } = useSelection();
  // Its functions change what they return without changing themselves, so nothing here is remembered by the compiler.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: events.length,
    getScrollElement: () => pane.current,
    estimateSize: () => ROW,
    getItemKey: (index) => events[index]?.event_id ?? index,
    overscan: 12,
  });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= events.length - 25) onMore();
  }, [hasMore, last, events.length, onMore]);
  return (
    <div ref={pane} className="min-h-0 flex-1 overflow-auto">
      <ul aria-label="Events" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map((row) => {
          const event = events[row.index];
          return event ? (
            <li
              key={row.key}
              aria-setsize={events.length}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 border-b border-line"
              style={{ top: row.start, height: ROW }}
            >
              <EventButton event={event} onOpen={() => select({ node: nodeId, event: event.event_id })} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

function EventButton({ event, onOpen }: { readonly event: NodeEvent; readonly onOpen: () => void }) {
  const kind = eventKind(event.event_type);
  const isPlain = event.status === "completed";
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex h-full w-full items-center gap-2 px-4 text-left text-sm -outline-offset-2 hover:bg-hover"
    >
      <KindIcon kind={kind} />
      <span className="name-text min-w-0 flex-1">{event.name ?? kind.label}</span>
      <span className="sr-only">
        , {kind.label}, {statusWord(event.status).label},{" "}
      </span>
      {!isPlain && <StatusIcon status={event.status} />}
      <span className="figure shrink-0 text-xs text-faint">{formatDuration(event.duration_ms)}</span>
    </button>
  );
}
