import { CircleAlert, UserCheck } from "lucide-react";
import { memo, type KeyboardEvent } from "react";
import { formatDuration } from "@/lib/format";
import { isEnded, statusWord } from "@/lib/vocabulary";
import { NodeStateIcon } from "@/parts/node-state";
import { classNames } from "@/ui/class-names";
import { Elapsed } from "@/ui/clock";
import { KindIcon } from "@/ui/kind";
import { toneClasses } from "@/ui/status";
import { badgeOf, stateOf, type Box } from "./flow";
import { BOX_HEIGHT, BOX_WIDTH } from "./layout";

interface GraphBoxProps {
  readonly box: Box;
  readonly x: number;
  readonly y: number;
  readonly isCoarse: boolean;
  readonly isSelected: boolean;
  readonly isStop: boolean;
  /** Where its lines lead, in words. */
  readonly ways: string;
  readonly onOpen: (box: Box, options: { readonly replace: boolean }) => void;
  readonly onFocus: (id: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** A node: what it is, how it is, how long it took; as a coloured box where text would be too small. */
export const GraphBox = memo(function GraphBox(props: GraphBoxProps) {
  const { box, x, y, isCoarse, isSelected, isStop, ways, onOpen, onFocus, onKeyDown } = props;
  return (
    <button
      type="button"
      data-box={box.id}
      aria-pressed={isSelected}
      tabIndex={isStop ? 0 : -1}
      onClick={() => onOpen(box, { replace: false })}
      onFocus={() => onFocus(box.id)}
      onKeyDown={onKeyDown}
      style={{ left: x - BOX_WIDTH / 2, top: y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT }}
      className={classNames(
        "absolute flex items-center gap-2.5 rounded-lg border px-2.5 text-left",
        borderOf(box),
        isCoarse ? toneClasses(box.status).tint : box.hasRun ? "bg-surface shadow-sm" : "bg-page",
        isSelected ? "outline-2 outline-offset-2 outline-accent" : "hover:border-control",
      )}
    >
      {isCoarse ? (
        <span className="sr-only">
          {box.name}, {box.kind.label}, {stateOf(box).label}
        </span>
      ) : (
        <BoxText box={box} />
      )}
      {ways && <span className="sr-only">, {ways}</span>}
    </button>
  );
});

function borderOf(box: Box): string {
  if (!box.hasRun) return box.isReady ? "border-dashed border-accent" : "border-dashed border-control";
  const { tone } = statusWord(box.status);
  const strong: Partial<Record<typeof tone, string>> = {
    bad: "border-bad",
    busy: "border-busy",
    wait: "border-wait",
  };
  return strong[tone] ?? "border-line-strong";
}

function BoxText({ box }: { readonly box: Box }) {
  const tone = toneClasses(box.status);
  const state = stateOf(box);
  const badge = badgeOf(box);
  const word = state.isReady ? "text-accent" : box.hasRun ? tone.text : "text-faint";
  return (
    <>
      <span
        className={classNames(
          "flex size-8 shrink-0 items-center justify-center rounded-md",
          box.hasRun ? tone.tint : "bg-sunken",
        )}
      >
        <KindIcon kind={box.kind} size={16} className={box.hasRun ? "" : "opacity-60"} />
      </span>
      <span className="flex min-w-0 flex-1 flex-col">
        <span
          className={classNames("name-text text-sm leading-5", box.hasRun ? "font-semibold" : "text-soft")}
        >
          {box.name}
        </span>
        <span className="sr-only">, {box.kind.label}, </span>
        <span className="flex min-w-0 items-center gap-1 text-xs leading-4">
          <NodeStateIcon state={state} size={12} />
          <span title={state.meaning} className={classNames("truncate font-medium", word)}>
            {state.label}
          </span>
          {box.requiresApproval && (
            <span title="A person approves it" className="inline-flex shrink-0 text-wait">
              <UserCheck aria-hidden size={12} />
              <span className="sr-only">, a person approves it</span>
            </span>
          )}
          <BoxFigure box={box} />
        </span>
      </span>
      {badge && (
        <span
          title={badge.title}
          className="figure absolute -top-2.5 -right-2 rounded-full border border-line-strong bg-raised px-1.5 text-2xs font-semibold text-text"
        >
          <span className="sr-only">, {badge.spoken}</span>
          <span aria-hidden>{badge.words}</span>
        </span>
      )}
      {box.turn && (
        <span
          title={`Execution ${box.turn.number} of ${box.turn.of}`}
          className="figure absolute -top-2.5 -right-2 rounded-full border border-line-strong bg-raised px-1.5 text-2xs font-semibold text-soft"
        >
          <span className="sr-only">, execution </span>
          {box.turn.number}
          <span aria-hidden>/</span>
          <span className="sr-only"> of </span>
          {box.turn.of}
        </span>
      )}
    </>
  );
}

function BoxFigure({ box }: { readonly box: Box }) {
  if (box.startedAt === null || !box.hasRun) return null;
  const isLive = !box.isPast && !isEnded(box.status) && box.status !== "pending";
  const ms = box.endedAt === null ? 0 : Date.parse(box.endedAt) - Date.parse(box.startedAt);
  return (
    <span className="ml-auto inline-flex shrink-0 items-center gap-1.5 pl-1 text-faint">
      {box.nErrors > 0 && box.status !== "failed" && (
        <span
          title={`${box.nErrors} failed in it`}
          className="figure inline-flex items-center gap-0.5 text-bad"
        >
          <CircleAlert aria-hidden size={11} />
          <span className="sr-only">, </span>
          {box.nErrors}
          <span className="sr-only"> failed, </span>
        </span>
      )}
      {isLive ? (
        <Elapsed ms={0} since={box.startedAt} isLive />
      ) : (
        <span className="figure">{box.endedAt === null ? "" : formatDuration(ms)}</span>
      )}
    </span>
  );
}
