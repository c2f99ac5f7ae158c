import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { readBelongings, type EventDetail, type Message, type RunDetail } from "@/api/run";
import { formatBytes, formatDuration, formatNumberOf } from "@/lib/format";
import { eventKind } from "@/lib/vocabulary";
import { KindIcon } from "@/ui/kind";
import { useSelection } from "@/ui/selection";
import { StatusIcon } from "@/ui/status";

type Relative = EventDetail["children"][number];

const SHOWN = 8;
const BEGINNING = 200;
const LINK = "name-text text-accent hover:underline";

/** Where the event belongs, and what belongs to it. */
export function Links({ event, run }: { readonly event: EventDetail; readonly run: RunDetail }) {
  const [isAll, setAll] = useState(false);
  const { data: belongings } = useQuery(readBelongings(run.run_id, event.event_id));
  const { files = [], messages = [] } = belongings ?? {};
  const children = isAll ? event.children : event.children.slice(0, SHOWN);
  const hidden = event.child_count - children.length;
  return (
    <section aria-label="Links">
      <h3 className="mb-1.5 text-xs font-semibold text-soft">Belongs to</h3>
      <dl className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
        <Row name="Run">
          <Link to="/runs/$runId" params={{ runId: run.run_id }} className={LINK}>
            {run.run_name ?? "new run"}
          </Link>
        </Row>
        <Row name="Agent">
          <Link
            to="/agents/$agentName"
            params={{ agentName: event.agent_name ?? run.agent_name }}
            className={LINK}
          >
            {event.agent_name ?? run.agent_name}
          </Link>
        </Row>
        {event.node_id !== null && (
          <Row name="Node">
            <NodeLink nodeId={event.node_id} />
          </Row>
        )}
        {event.parent && (
          <Row name="Parent">
            <EventLink event={event.parent} />
          </Row>
        )}
        {event.parent_event_id !== null && event.parent === null && (
          <Row name="Parent">
            <span className="text-soft">
              not recorded (<bdi className="font-mono text-xs">{event.parent_event_id}</bdi>)
            </span>
          </Row>
        )}
        {event.child_count > 0 && (
          <Row name="Children">
            <ul className="flex flex-col gap-0.5">
              {children.map((child) => (
                <li key={child.event_id} className="min-w-0">
                  <EventLink event={child} />
                </li>
              ))}
            </ul>
            {hidden > 0 &&
              (isAll ? (
                <span className="text-xs text-faint">and {formatNumberOf(hidden, "more", "more")}</span>
              ) : (
                <button
                  type="button"
                  onClick={() => setAll(true)}
                  className="text-xs text-accent hover:underline"
                >
                  Show{" "}
                  {formatNumberOf(Math.min(hidden, event.children.length - children.length), "more", "more")}
                </button>
              ))}
          </Row>
        )}
        {files.length > 0 && (
          <Row name="Files">
            <ul>
              {files.map((file) => (
                <li key={file.file_id} className="flex min-w-0 gap-2">
                  <FileLink run={run} fileId={file.file_id}>
                    {file.path}
                  </FileLink>
                  <span className="figure text-xs leading-5 text-faint">{formatBytes(file.size_bytes)}</span>
                </li>
              ))}
            </ul>
          </Row>
        )}
        {messages.length > 0 && (
          <Row name="Messages">
            <ul className="w-full">
              {messages.map((message) => (
                <li key={message.message_id} className="min-w-0">
                  <MessageLink run={run} message={message} />
                </li>
              ))}
            </ul>
          </Row>
        )}
      </dl>
    </section>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="flex min-w-0 flex-col items-start">{children}</dd>
    </>
  );
}

function EventLink({ event }: { readonly event: Relative }) {
  const { select } = useSelection();
  return (
    <button
      type="button"
      onClick={() => select({ event: event.event_id })}
      className="group flex min-h-6 max-w-full min-w-0 items-center gap-1.5 text-left"
    >
      {event.status === "failed" ? (
        <StatusIcon status="failed" />
      ) : (
        <KindIcon kind={eventKind(event.event_type)} />
      )}
      <span className="name-text text-accent group-hover:underline">
        {event.name ?? eventKind(event.event_type).label}
      </span>
      {event.duration_ms !== null && (
        <span className="figure text-xs text-faint">{formatDuration(event.duration_ms)}</span>
      )}
    </button>
  );
}

function NodeLink({ nodeId }: { readonly nodeId: string }) {
  const { select } = useSelection();
  return (
    <button type="button" onClick={() => select({ node: nodeId })} className={`${LINK} max-w-full text-left`}>
      {nodeId}
    </button>
  );
}

/** A link to a message in the transcript, by who said it and how it begins. */
function MessageLink({ run, message }: { readonly run: RunDetail; readonly message: Message }) {
  const { content } = message;
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return (
    <Link
      to="/runs/$runId/$view"
      params={{ runId: run.run_id, view: "messages" }}
      search={{ event: message.event_id, message: message.message_id } as never}
      className="flex min-w-0 gap-2 hover:underline"
    >
      <bdi className="max-w-32 shrink-0 truncate text-accent">{message.sender ?? "somebody"}</bdi>
      <bdi className="truncate text-soft">{text.slice(0, BEGINNING)}</bdi>
    </Link>
  );
}

interface FileLinkProps {
  readonly run: RunDetail;
  readonly fileId: string;
  readonly children: ReactNode;
}

/** A link to a file among the files of the run. */
export function FileLink({ run, fileId, children }: FileLinkProps) {
  return (
    <Link
      to="/runs/$runId/$view"
      params={{ runId: run.run_id, view: "files" }}
      search={{ file: fileId } as never}
      className={LINK}
    >
      {children}
    </Link>
  );
}
