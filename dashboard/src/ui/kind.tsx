import {
  ArrowLeftRight,
  Bot,
  CircleAlert,
  CircleHelp,
  CirclePlay,
  CircleStop,
  Code,
  FileText,
  Footprints,
  GitFork,
  Info,
  Library,
  ListChecks,
  MessageSquare,
  Rows3,
  ShieldCheck,
  Signpost,
  Sparkles,
  SquareStack,
  UserCheck,
  Waypoints,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import type { Hue, KindWord } from "@/lib/vocabulary";
import { classNames } from "./class-names";

const ICONS: Readonly<Record<string, LucideIcon>> = {
  agent: Bot,
  llm: Sparkles,
  tool: Wrench,
  code: Code,
  file: FileText,
  message: MessageSquare,
  handoff: GitFork,
  retrieval: Library,
  embedding: Waypoints,
  guardrail: ShieldCheck,
  step: Footprints,
  node: SquareStack,
  approval: UserCheck,
  transition: ArrowLeftRight,
  error: CircleAlert,
  info: Info,
  start: CirclePlay,
  end: CircleStop,
  planning: ListChecks,
  parallel: Rows3,
  branch: Signpost,
};

const HUE_TEXT: Record<Hue, string> = {
  blue: "text-hue-blue",
  violet: "text-hue-violet",
  teal: "text-hue-teal",
  amber: "text-hue-amber",
  rose: "text-hue-rose",
  green: "text-hue-green",
  slate: "text-hue-slate",
  orange: "text-hue-orange",
};

const HUE_FILL: Record<Hue, string> = {
  blue: "bg-hue-blue",
  violet: "bg-hue-violet",
  teal: "bg-hue-teal",
  amber: "bg-hue-amber",
  rose: "bg-hue-rose",
  green: "bg-hue-green",
  slate: "bg-hue-slate",
  orange: "bg-hue-orange",
};

interface KindProps {
  readonly kind: KindWord;
  readonly className?: string;
}

/** The symbol of a kind of event or node; it is hidden from screen readers, as the word stands beside it. */
export function KindIcon({ kind, className, size = 14 }: KindProps & { readonly size?: number }) {
  const Icon = ICONS[kind.icon] ?? CircleHelp;
  return (
    <Icon
      aria-hidden
      size={size}
      strokeWidth={2}
      className={classNames("shrink-0", HUE_TEXT[kind.hue], className)}
    />
  );
}

/** What stands for the symbol of a kind where it passes too fast to be seen. */
export function KindDot({ kind }: Pick<KindProps, "kind">) {
  return (
    <span aria-hidden className={classNames("mx-0.5 size-2.5 shrink-0 rounded-full", HUE_FILL[kind.hue])} />
  );
}

/** A kind as symbol and word. */
export function KindText({ kind, className }: KindProps) {
  return (
    <span className={classNames("inline-flex min-w-0 items-center gap-1.5", className)}>
      <KindIcon kind={kind} />
      <span className="truncate">{kind.label}</span>
    </span>
  );
}

/** The classes of a kind, for bars and boxes. */
export function hueClasses(kind: KindWord): { readonly text: string; readonly fill: string } {
  return { text: HUE_TEXT[kind.hue], fill: HUE_FILL[kind.hue] };
}
