import { Link } from "@tanstack/react-router";
import { ArrowRight, Bot } from "lucide-react";
import type { Handoff } from "@/lib/event-parts";

/** Who gives the work to whom, and why. */
export function HandoffSection({ handoff }: { readonly handoff: Handoff }) {
  return (
    <section aria-label="Handoff" className="flex flex-col gap-2 rounded-lg border border-line bg-page p-3">
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <Agent name={handoff.sender} />
        <ArrowRight role="img" aria-label="hands over to" size={16} className="shrink-0 text-hue-violet" />
        <Agent name={handoff.recipient} />
      </div>
      {handoff.reason !== null && (
        <p className="text-sm break-words whitespace-pre-wrap">
          <bdi>{handoff.reason}</bdi>
        </p>
      )}
    </section>
  );
}

function Agent({ name }: { readonly name: string | null }) {
  if (name === null) return <span className="text-sm text-soft">somebody</span>;
  return (
    <Link
      to="/agents/$agentName"
      params={{ agentName: name }}
      className="flex h-7 max-w-full min-w-0 items-center gap-1.5 rounded-full border border-line-strong bg-surface pr-3 pl-2 text-sm font-medium hover:border-control hover:underline"
    >
      <Bot aria-hidden size={14} className="shrink-0 text-hue-violet" />
      <span className="name-text">{name}</span>
    </Link>
  );
}
