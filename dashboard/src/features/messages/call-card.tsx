import { useQuery } from "@tanstack/react-query";
import { ChevronRight, PanelRight } from "lucide-react";
import { memo, useState } from "react";
import { readEvent, type Event } from "@/api/run";
import { errorTextOf, wholeErrorText } from "@/lib/error-text";
import { formatDuration } from "@/lib/format";
import { eventKind, statusWord } from "@/lib/vocabulary";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { KindIcon } from "@/ui/kind";
import { Failure, Waiting } from "@/ui/states";
import { StatusIcon, toneClasses } from "@/ui/status";
import { ValueBlock } from "./message-card";

interface CallCardProps {
  readonly runId: string;
  readonly event: Event;
  readonly isSelected: boolean;
  readonly isOpenAtFirst: boolean;
  readonly onEvent: (eventId: string) => void;
}

/** A call of a model or tool of which no message tells: one line, and what went in and out when it is opened. */
export const CallCard = memo(function CallCard({
  runId,
  event,
  isSelected,
  isOpenAtFirst,
  onEvent,
}: CallCardProps) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const kind = eventKind(event.event_type);
  const name = event.name ?? event.model ?? kind.label;
  return (
    <div className={classNames("px-4 py-1 pl-14", isSelected && "bg-selected")}>
      <div className="max-w-4xl rounded-lg border border-line bg-surface">
        <div className="flex h-8 items-center gap-2 pr-1 pl-1">
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
            className="flex h-7 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover"
          >
            <ChevronRight
              aria-hidden
              size={13}
              className={classNames("shrink-0 text-faint", isOpen && "rotate-90")}
            />
            <KindIcon kind={kind} size={13} />
            <span className="name-text min-w-24 font-mono text-xs font-medium">{name}</span>
            <span className="truncate text-xs text-faint @max-lg:hidden">
              {[kind.label, event.agent_name ?? event.node_id].filter(Boolean).join(" · ")}
            </span>
            <span className="ml-auto flex shrink-0 items-center gap-1.5 text-xs">
              <StatusIcon status={event.status} size={12} />
              {event.status !== "completed" && (
                <span className={toneClasses(event.status).text}>{statusWord(event.status).label}</span>
              )}
              <span className="figure text-soft">{formatDuration(event.duration_ms)}</span>
            </span>
          </button>
          <IconButton icon={PanelRight} label="Show its event" onClick={() => onEvent(event.event_id)} />
        </div>
        {isOpen && <Payload runId={runId} event={event} />}
      </div>
    </div>
  );
});

function Payload({ runId, event }: { readonly runId: string; readonly event: Event }) {
  const { data, error: failure, refetch } = useQuery(readEvent(runId, event.event_id));
  if (failure) return <Failure error={failure} onRetry={() => void refetch()} />;
  if (data === undefined) return <Waiting lines={2} />;
  const error = errorTextOf(data.error);
  return (
    <div className="flex flex-col gap-2 border-t border-line p-2">
      {error && <ValueBlock label="Error" value={wholeErrorText(error)} isBad />}
      <ValueBlock label="Input" value={data.inputs} />
      {(data.outputs !== null || error === null) && (
        <ValueBlock label="Output" value={onlyText(data.outputs)} />
      )}
    </div>
  );
}

/** Return the one text that an answer consists of, or else the answer as it is. */
function onlyText(outputs: unknown): unknown {
  if (typeof outputs !== "object" || outputs === null || Array.isArray(outputs)) return outputs;
  const [first, ...more] = Object.values(outputs);
  return typeof first === "string" && more.length === 0 ? first : outputs;
}
