import { ArrowRight } from "lucide-react";
import type { Transition } from "@/api/history";
import { Moment } from "@/ui/clock";
import { StatusBadge } from "@/ui/status";

/** How the server calls those who are no person. */
const OTHERS: Readonly<Record<string, string>> = {
  recorder: "the recorder",
  server: "the server",
  person: "a person",
  run: "the end of its run",
};

/** Through which states something went, latest first: from which to which, when, by whom and why. */
export function StateHistory({ transitions }: { readonly transitions: readonly Transition[] }) {
  const latestFirst = transitions.toReversed();
  return (
    <ol aria-label="State history, latest first" className="flex flex-col">
      {latestFirst.map((transition, place) => (
        // Two changes may be of one instant, and be alike.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={latestFirst.length - place} className="group relative flex gap-3 pb-4 last:pb-0">
          <span
            aria-hidden
            className="absolute top-5 -bottom-1 left-[0.21875rem] w-px bg-line-strong group-last:hidden"
          />
          <span aria-hidden className="mt-2 size-2 shrink-0 rounded-full bg-control" />
          <Change transition={transition} />
        </li>
      ))}
    </ol>
  );
}

function Change({ transition }: { readonly transition: Transition }) {
  const { at, from_status, to_status, who, why } = transition;
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-1">
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        {from_status !== null && (
          <>
            <StatusBadge status={from_status} />
            <ArrowRight role="img" aria-label="to" size={14} className="shrink-0 text-faint" />
          </>
        )}
        <StatusBadge status={to_status} />
        <span className="ml-auto shrink-0 pl-2 text-xs text-soft tabular-nums">
          <Moment at={at} />
        </span>
      </div>
      <p className="text-sm break-words">
        <span className="text-faint">by </span>
        {Object.hasOwn(OTHERS, who) ? OTHERS[who] : <bdi className="font-medium">{who}</bdi>}
        {why !== null && (
          <>
            <span className="text-faint">: </span>
            <bdi className="whitespace-pre-wrap">{why}</bdi>
          </>
        )}
      </p>
    </div>
  );
}
