import { useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useRunsListener } from "@/api/live/live";
import { isGone } from "@/api/problem";
import { readEvent, runKey, type EventDetail, type RunDetail } from "@/api/run";
import type { RunPanelProps } from "@/api/run-view";
import { errorTextOf } from "@/lib/error-text";
import { partsOf } from "@/lib/event-parts";
import { throttle } from "@/lib/throttle";
import { eventKind } from "@/lib/vocabulary";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { JsonTree } from "@/ui/json-tree";
import { KindText } from "@/ui/kind";
import { Failure, Note, Waiting } from "@/ui/states";
import { StatusBadge } from "@/ui/status";
import { ApprovalSection } from "./approval-section";
import { BegunRuns } from "./begun-runs";
import { CheckpointSection } from "./checkpoint-section";
import { CodeSection } from "./code-section";
import { DiffSection } from "./diff-section";
import { ErrorSection } from "./error-section";
import { Facts } from "./facts";
import { HandoffSection } from "./handoff-section";
import { FileLink, Links } from "./links";
import { TransitionSection } from "./transition-section";

/** An event with its payload, which is read when it is opened. */
export default function EventPanel({ run, id, onClose }: RunPanelProps) {
  const { data: event, error, refetch } = useQuery(readEvent(run.run_id, id));
  useFreshWhileRunning(run.run_id, event);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex shrink-0 flex-col gap-1.5 border-b border-line px-4 py-2.5">
        <div className="flex items-start gap-1">
          <h2 className="min-w-0 flex-1 py-0.5 text-base font-semibold break-words">
            <bdi>{event ? (event.name ?? eventKind(event.event_type).label) : "Event"}</bdi>
          </h2>
          {event && <CopyButton text={id} label="Copy the event's id" />}
          <IconButton icon={X} label="Close the panel" keys="Escape" onClick={onClose} className="-mr-1.5" />
        </div>
        {event && (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
            <KindText kind={eventKind(event.event_type)} />
            {event.event_subtype && <span>{event.event_subtype}</span>}
            <StatusBadge status={event.status} />
            {event.ended_by_run && <span>with its run</span>}
          </div>
        )}
      </header>
      {event ? (
        <EventBody run={run} event={event} />
      ) : isGone(error) ? (
        <Note title="There is no such event">It is not in this run, or has not been recorded yet.</Note>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting />
      )}
    </div>
  );
}

function EventBody({ run, event }: { readonly run: RunDetail; readonly event: EventDetail }) {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const parts = useMemo(() => partsOf(event), [event]);
  const error = useMemo(() => errorTextOf(event.error), [event]);
  const fileLink = (fileId: string, words: string) => (
    <FileLink run={run} fileId={fileId}>
      {words}
    </FileLink>
  );
  const trees = [
    { name: "inputs", label: "Inputs", value: parts.inputs },
    { name: "outputs", label: "Outputs", value: parts.outputs },
    { name: "context", label: "Context", value: parts.handoff?.context ?? null },
    { name: "error", label: "More of the error", value: error?.rest ?? null },
    { name: "attributes", label: "Attributes", value: parts.attributes },
  ].filter((tree) => !isNothing(tree.value));
  return (
    <div ref={setScroller} className="min-h-0 flex-1 overflow-auto">
      <div className="flex flex-col gap-5 px-4 pt-4 pb-8">
        <ErrorSection error={event.error} />
        <Facts event={event} run={run} attempt={parts.attempt} maxAttempts={parts.maxAttempts} />
        {event.event_type === "approval_requested" && (
          <ApprovalSection run={run} event={event} scroller={scroller} />
        )}
        {parts.handoff && <HandoffSection handoff={parts.handoff} />}
        {parts.transition && <TransitionSection transition={parts.transition} />}
        {parts.reference !== null && <CheckpointSection reference={parts.reference} />}
        {parts.code && <CodeSection code={parts.code} outputs={parts.texts} exitCode={parts.exitCode} />}
        {parts.diffs.length > 0 && <DiffSection diffs={parts.diffs} />}
        <BegunRuns run={run} eventId={event.event_id} />
        {trees.map((tree) => (
          <JsonTree key={tree.name} {...tree} scroller={scroller} fileLink={fileLink} />
        ))}
        <Links event={event} run={run} />
      </div>
    </div>
  );
}

const PERIOD_MS = 700;

/** Read an event that goes on again when something of its run changes; one that ended stays as it is. */
function useFreshWhileRunning(runId: string, event: EventDetail | undefined): void {
  const client = useQueryClient();
  const openId = event?.status === "running" ? event.event_id : undefined;
  const readAgain = useMemo(
    () =>
      throttle(() => {
        if (openId !== undefined) void client.invalidateQueries({ queryKey: runKey.event(runId, openId) });
      }, PERIOD_MS),
    [client, runId, openId],
  );
  useEffect(() => () => readAgain.cancel(), [readAgain]);
  useRunsListener(
    useCallback(
      ({ runs }) => {
        if (runs.some((run) => run.run_id === runId)) readAgain();
      },
      [runId, readAgain],
    ),
  );
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}
