import { CircleAlert, CircleCheck, TriangleAlert, type LucideIcon } from "lucide-react";
import { classNames } from "@/ui/class-names";
import { OUTCOMES, type Outcome, type OutcomeWords } from "./verdict";

const ICONS: Record<OutcomeWords["tone"], LucideIcon> = {
  good: CircleCheck,
  wait: TriangleAlert,
  bad: CircleAlert,
};

const TEXT: Record<OutcomeWords["tone"], string> = {
  good: "text-good",
  wait: "text-wait",
  bad: "text-bad",
};

/** The symbol of how an import went; the word stands beside it. */
export function OutcomeIcon({ outcome, size = 14 }: { readonly outcome: Outcome; readonly size?: number }) {
  const { tone } = OUTCOMES[outcome];
  const Icon = ICONS[tone];
  return <Icon aria-hidden size={size} strokeWidth={2.25} className={classNames("shrink-0", TEXT[tone])} />;
}

/** How an import went, as symbol and word. */
export function OutcomeText({ outcome }: { readonly outcome: Outcome }) {
  const { label, title, tone } = OUTCOMES[outcome];
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5" title={title}>
      <OutcomeIcon outcome={outcome} />
      <span className={classNames("truncate font-medium", TEXT[tone])}>{label}</span>
    </span>
  );
}
