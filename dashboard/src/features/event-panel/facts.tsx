import type { ReactNode } from "react";
import type { EventDetail, RunDetail } from "@/api/run";
import { formatCost, formatCount, formatDuration } from "@/lib/format";
import { isEnded } from "@/lib/vocabulary";
import { Elapsed, Moment } from "@/ui/clock";

interface FactsProps {
  readonly event: EventDetail;
  readonly run: RunDetail;
  readonly attempt: number | null;
  readonly maxAttempts: number | null;
}

/** When it was, how long it took, and what it consumed. */
export function Facts({ event, run, attempt, maxAttempts }: FactsProps) {
  const goesOn = event.status === "running" && event.ended_at === null;
  const startMs = Date.parse(event.started_at);
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-x-4 gap-y-3">
      <Fact name="Began">
        <Moment at={event.started_at} />
      </Fact>
      {(event.duration_ms !== null || goesOn) && (
        <Fact name={goesOn ? "Goes on for" : "Took"}>
          <Elapsed
            ms={event.duration_ms ?? 0}
            since={event.started_at}
            isLive={goesOn && !isEnded(run.status)}
          />
        </Fact>
      )}
      {attempt !== null && (
        <Fact name="Attempt">{maxAttempts === null ? attempt : `${attempt} of ${maxAttempts}`}</Fact>
      )}
      {event.first_token_at !== null && (
        <Fact name="First token after">{formatDuration(Date.parse(event.first_token_at) - startMs)}</Fact>
      )}
      {event.model !== null && (
        <Fact name="Model">
          <bdi className="break-words">{event.model}</bdi>
          {event.provider && <Small>{event.provider}</Small>}
        </Fact>
      )}
      {(event.tokens_in !== null || event.tokens_out !== null) && (
        <Fact name="Tokens">
          {formatCount(event.tokens_in ?? 0)} in, {formatCount(event.tokens_out ?? 0)} out
          <Small>{tokenDetails(event)}</Small>
        </Fact>
      )}
      {(event.cost !== null || event.is_unpriced) && (
        <Fact name="Cost">
          {event.is_unpriced ? <span className="text-wait">No price known</span> : formatCost(event.cost)}
          {event.cost_source === "prices" && <Small>by the price list</Small>}
          {event.cost_source === "recorder" && <Small>told by the recorder</Small>}
        </Fact>
      )}
    </dl>
  );
}

function tokenDetails(event: EventDetail): string {
  const parts: [number | null, string][] = [
    [event.tokens_cached, "from cache"],
    [event.tokens_cache_write, "into cache"],
    [event.tokens_reasoning, "reasoning"],
  ];
  return parts.flatMap(([count, words]) => (count ? [`${formatCount(count)} ${words}`] : [])).join(", ");
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="text-sm tabular-nums">{children}</dd>
    </div>
  );
}

function Small({ children }: { readonly children: ReactNode }) {
  return children ? <span className="block text-xs text-faint">{children}</span> : null;
}
