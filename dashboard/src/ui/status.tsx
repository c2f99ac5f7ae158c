import {
  Ban,
  Check,
  CircleDashed,
  CircleHelp,
  Clock3,
  Hand,
  LoaderCircle,
  Pause,
  PencilRuler,
  SkipForward,
  Unplug,
  X,
  type LucideIcon,
} from "lucide-react";
import { statusWord, type StatusSymbol, type Tone } from "@/lib/vocabulary";
import { classNames } from "./class-names";

const SYMBOLS: Record<StatusSymbol, LucideIcon> = {
  check: Check,
  cross: X,
  running: LoaderCircle,
  planning: PencilRuler,
  pause: Pause,
  hand: Hand,
  slash: Ban,
  "signal-lost": Unplug,
  draft: CircleDashed,
  clock: Clock3,
  skip: SkipForward,
  unknown: CircleHelp,
};

const TEXT: Record<Tone, string> = {
  good: "text-good",
  bad: "text-bad",
  busy: "text-busy",
  plan: "text-plan",
  wait: "text-wait",
  calm: "text-calm",
  lost: "text-lost",
  other: "text-other",
};

const TINT: Record<Tone, string> = {
  good: "bg-good-tint",
  bad: "bg-bad-tint",
  busy: "bg-busy-tint",
  plan: "bg-plan-tint",
  wait: "bg-wait-tint",
  calm: "bg-calm-tint",
  lost: "bg-lost-tint",
  other: "bg-other-tint",
};

interface StatusProps {
  readonly status: string;
  readonly className?: string;
}

/** The symbol of a status. It says nothing to screen readers: the word stands beside it, or in a label around it. */
export function StatusIcon({ status, className, size = 14 }: StatusProps & { readonly size?: number }) {
  const word = statusWord(status);
  const Symbol = SYMBOLS[word.symbol];
  return (
    <Symbol
      aria-hidden
      size={size}
      strokeWidth={2.25}
      className={classNames(
        "shrink-0",
        TEXT[word.tone],
        word.symbol === "running" && "animate-turn",
        className,
      )}
    />
  );
}

/** A status as symbol and word, for tables. */
export function StatusText({ status, className }: StatusProps) {
  const word = statusWord(status);
  return (
    <span className={classNames("flex min-w-0 items-center gap-1.5", className)} title={word.meaning}>
      <StatusIcon status={status} />
      <span className={classNames("truncate font-medium", TEXT[word.tone])}>{word.label}</span>
    </span>
  );
}

/** A status as a filled mark, for the heads of pages and panels. */
export function StatusBadge({ status, className }: StatusProps) {
  const word = statusWord(status);
  return (
    <span
      title={word.meaning}
      className={classNames(
        "inline-flex h-6 items-center gap-1.5 rounded-full pr-2.5 pl-2 text-xs font-semibold whitespace-nowrap",
        TEXT[word.tone],
        TINT[word.tone],
        className,
      )}
    >
      <StatusIcon status={status} size={13} />
      {word.label}
    </span>
  );
}

/** The classes of a tone, for what is drawn in the colour of a status. */
export function toneClasses(status: string): { readonly text: string; readonly tint: string } {
  const { tone } = statusWord(status);
  return { text: TEXT[tone], tint: TINT[tone] };
}
