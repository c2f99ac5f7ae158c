import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Session } from "@/api/sessions";
import { formatCost, formatCount, formatDuration, formatNumberOf, formatShort } from "@/lib/format";
import { Moment } from "@/ui/clock";
import { Figure } from "@/ui/figure";

/** What a session comes to; each figure leads to the runs that it counts. */
export function SessionFigures({ session }: { readonly session: Session }) {
  const { session_id, first_run_at, last_active_at, tokens_in, tokens_out } = session;
  const runsWith = (filter: { status?: string[]; errors?: "yes"; unpriced?: "yes" }, figure: ReactNode) => (
    <Link to="/runs" search={{ session: session_id, ...filter }} className={LINK}>
      {figure}
    </Link>
  );
  const lastedMs =
    last_active_at && first_run_at ? Date.parse(last_active_at) - Date.parse(first_run_at) : null;
  return (
    <dl className="grid grid-cols-2 border-b border-line bg-surface sm:grid-cols-5">
      <Figure
        label="Runs"
        value={runsWith({}, formatCount(session.run_count))}
        bad={session.failed_runs > 0 ? "note" : undefined}
        note={
          session.failed_runs > 0
            ? runsWith({ status: ["failed"] }, `${formatCount(session.failed_runs)} failed`)
            : "none failed"
        }
      />
      <Figure
        label="Errors"
        value={session.error_count > 0 ? runsWith({ errors: "yes" }, formatCount(session.error_count)) : "0"}
        note={`in ${formatNumberOf(session.event_count, "event")}`}
        bad={session.error_count > 0 ? "value" : undefined}
      />
      <Figure
        label="From first to last"
        value={formatDuration(lastedMs)}
        note={
          <>
            since <Moment at={first_run_at ?? session.created_at} />
          </>
        }
      />
      <Figure
        label="Tokens"
        value={formatShort(tokens_in + tokens_out)}
        note={`${formatShort(tokens_in)} in, ${formatShort(tokens_out)} out`}
      />
      <Figure
        label="Cost"
        value={`${session.unpriced_count > 0 ? "≥ " : ""}${formatCost(session.total_cost)}`}
        note={
          session.unpriced_count > 0
            ? runsWith({ unpriced: "yes" }, `${formatNumberOf(session.unpriced_count, "call")} unpriced`)
            : "all priced"
        }
      />
    </dl>
  );
}

const LINK = "rounded-sm decoration-line-strong underline-offset-2 hover:underline";
