import { ArrowRight } from "lucide-react";
import type { Transition } from "@/lib/event-parts";
import { StatusBadge } from "@/ui/status";

/** From which state to which, who did it, and why. */
export function TransitionSection({ transition }: { readonly transition: Transition }) {
  const { from, to, who, why } = transition;
  return (
    <section
      aria-label="Change of state"
      className="flex flex-col gap-2 rounded-lg border border-line bg-page p-3"
    >
      <div className="flex flex-wrap items-center gap-2">
        {from !== null && <StatusBadge status={from} />}
        {from !== null && <ArrowRight role="img" aria-label="to" size={15} className="shrink-0 text-faint" />}
        <StatusBadge status={to} />
        {who !== null && (
          <span className="text-sm text-soft">
            by <bdi className="font-medium text-text">{who}</bdi>
          </span>
        )}
      </div>
      {why !== null && (
        <p className="text-sm break-words whitespace-pre-wrap">
          <bdi>{why}</bdi>
        </p>
      )}
    </section>
  );
}
