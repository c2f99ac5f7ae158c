import { useQuery } from "@tanstack/react-query";
import { readNodeErrors } from "@/api/node";
import { readEvent } from "@/api/run";
import { errorTextOf } from "@/lib/error-text";
import { firstError } from "@/lib/first-error";
import { eventKind } from "@/lib/vocabulary";
import { classNames } from "@/ui/class-names";
import { useSelection } from "@/ui/selection";

interface FirstFailureProps {
  readonly runId: string;
  readonly nodeId: string;
  /** How the message is cut, where it may be long. */
  readonly className?: string;
}

/** Why a node failed that has no error of its own: what its first failed event tells, and the way to that event. */
export function FirstFailure({ runId, nodeId, className }: FirstFailureProps) {
  const { select } = useSelection();
  const { data: errors } = useQuery(readNodeErrors(runId, nodeId));
  const eventId = firstError(errors?.events ?? []);
  const { data: event } = useQuery({ ...readEvent(runId, eventId ?? ""), enabled: eventId !== undefined });
  if (event === undefined) return null;
  const error = errorTextOf(event.error);
  return (
    <div className="flex max-w-prose flex-col items-start text-sm text-bad">
      <p className={classNames("max-w-full break-words", className)}>
        {error === null ? (
          "It failed, and told no error."
        ) : (
          <bdi>
            {error.type && <span className="font-semibold">{error.type}: </span>}
            {error.message}
          </bdi>
        )}
      </p>
      <button
        type="button"
        onClick={() => select({ node: nodeId, event: event.event_id })}
        // Above what it stands in, which may be a button as a whole.
        className="relative z-10 inline-flex h-6 max-w-full items-center text-xs text-accent hover:underline"
      >
        <span className="name-text">
          Show <bdi>{event.name ?? eventKind(event.event_type).label}</bdi>
        </span>
      </button>
    </div>
  );
}
