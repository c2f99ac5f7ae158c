import { ChevronRight } from "lucide-react";
import { memo, type CSSProperties } from "react";
import { titleOf } from "@/lib/event-row";
import { formatCost, formatCount, formatDuration, formatNumberOf, formatShort, UNKNOWN } from "@/lib/format";
import { eventKind, statusWord } from "@/lib/vocabulary";
import { classNames } from "@/ui/class-names";
import { useNow } from "@/ui/clock";
import { hueClasses, KindDot, KindIcon } from "@/ui/kind";
import { Marked } from "@/ui/marked";
import { StatusIcon, toneClasses } from "@/ui/status";
import { durationOf, selfTimeOf, type TreeNode } from "./tree";

export const ROW_HEIGHT = 26;
const INDENT = 16;
/** Deeper levels stand below each other, so that names keep room. */
const MOST_INDENTED = 24;

export const CELLS = {
  duration: "w-36 max-sm:w-20",
  self: "w-20 @max-2xl:hidden",
  tokens: "w-18 @max-xl:hidden",
  cost: "w-20 @max-lg:hidden",
};

interface TreeRowProps {
  readonly id: string;
  readonly node: TreeNode;
  readonly top: number;
  readonly place: number;
  readonly nSiblings: number;
  readonly isExpanded: boolean;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  /** It is soon gone: what nobody sees in passing is left out. */
  readonly isRushing: boolean;
  readonly isMatch: boolean;
  readonly searched: string;
  readonly longestMs: number;
}

/** One event: its name within its branch, and its figures. */
export const TreeRow = memo(function TreeRow(props: TreeRowProps) {
  const { node, isExpanded, isActive, isSelected, isRushing, isMatch } = props;
  const { row } = node;
  const hasChildren = node.children.length > 0;
  const kind = eventKind(row.type);
  const indent = Math.min(node.depth, MOST_INDENTED) * INDENT;
  const isRunning = row.status === "running";
  const now = useNow(isRunning ? "second" : "never");
  const durationMs = durationOf(row, now);
  const selfMs = selfTimeOf(node, now);
  const isWordShown = row.status !== "completed" && row.status !== "failed";
  const detail = isRushing ? "" : detailOf(node);
  return (
    // The tree has the focus, the keys and the clicks; its rows are told apart by `aria-activedescendant`.
    <div
      id={props.id}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-posinset={props.place}
      aria-setsize={props.nSiblings}
      aria-expanded={hasChildren ? isExpanded : undefined}
      aria-selected={isSelected}
      data-event={row.id}
      style={{ top: props.top, height: ROW_HEIGHT }}
      className={classNames(
        "absolute inset-x-0 flex cursor-default items-center gap-2 pr-4 text-sm contain-strict",
        isSelected ? "bg-selected" : isActive ? "bg-hover" : "hover:bg-hover",
        isActive && "group-focus-visible/tree:shadow-focus",
      )}
    >
      <div
        className="tree-guides flex h-full min-w-0 flex-1 items-center gap-1.5 pl-2"
        style={{ paddingLeft: indent + 8, "--guides": `${indent}px` } as CSSProperties}
      >
        {hasChildren ? (
          <span
            role="presentation"
            data-turn
            className="-ml-1 flex size-6 shrink-0 items-center justify-center rounded-sm text-faint hover:text-text"
          >
            <ChevronRight aria-hidden size={14} className={classNames(isExpanded && "rotate-90")} />
          </span>
        ) : (
          <span className="-ml-1 w-6 shrink-0" />
        )}
        {isRushing ? <KindDot kind={kind} /> : <KindIcon kind={kind} />}
        <span
          className={classNames(
            "name-text min-w-8 shrink",
            row.status === "failed" && "font-medium text-bad",
            !isMatch && "text-faint",
          )}
        >
          <Marked text={titleOf(row)} searched={isMatch ? props.searched : ""} />
        </span>
        {!isRushing && <span className="sr-only">{`, ${kind.label}, ${statusWord(row.status).label}`}</span>}
        {!isRushing && row.status !== "completed" && <StatusIcon status={row.status} size={13} />}
        {isWordShown && (
          <span aria-hidden className={classNames("text-xs @max-lg:hidden", toneClasses(row.status).text)}>
            {statusWord(row.status).label}
          </span>
        )}
        {hasChildren && !isExpanded && (
          <span className="figure shrink-0 rounded-sm bg-calm-tint px-1.5 text-2xs text-soft">
            {formatCount(node.nEvents - 1)}
          </span>
        )}
        {hasChildren && !isExpanded && nErrorsBelow(node) > 0 && (
          <span className="figure shrink-0 rounded-sm bg-bad-tint px-1.5 text-2xs font-medium text-bad">
            {formatNumberOf(nErrorsBelow(node), "error")}
          </span>
        )}
        {detail !== "" && (
          <span className="name-text min-w-0 shrink-[9] text-xs text-faint @max-md:hidden">{detail}</span>
        )}
      </div>
      <span className={classNames("flex shrink-0 items-center gap-2", CELLS.duration)}>
        <span className="h-1.5 min-w-0 flex-1 overflow-hidden rounded-full bg-line/60 max-sm:hidden">
          <span
            className={classNames(
              "block h-full min-w-px rounded-full",
              row.status === "failed" ? "bg-bad" : hueClasses(kind).fill,
            )}
            style={{ width: `${shareOf(durationMs, props.longestMs)}%` }}
          />
        </span>
        <span className="figure w-18 shrink-0 text-right text-xs">
          <span className="sr-only">, took </span>
          {formatDuration(durationMs)}
        </span>
      </span>
      {isRushing ? (
        [CELLS.self, CELLS.tokens, CELLS.cost].map((cell) => (
          <span key={cell} className={`shrink-0 ${cell}`} />
        ))
      ) : (
        <Figures node={node} selfMs={selfMs} />
      )}
    </div>
  );
});

/** What it took itself, and what it consumed. */
function Figures({ node, selfMs }: { readonly node: TreeNode; readonly selfMs: number | null }) {
  const isSum = node.children.length > 0;
  return (
    <>
      <Figure cell={CELLS.self} word="itself" text={formatDuration(selfMs)} isSoft />
      <Figure
        cell={CELLS.tokens}
        word="tokens"
        text={tokensText(node)}
        isSoft={isSum}
        title={node.hasTokens ? tokensTitle(node) : undefined}
      />
      <Figure cell={CELLS.cost} word="cost" text={costText(node)} isSoft={isSum} title={costTitle(node)} />
    </>
  );
}

function Figure({
  cell,
  word,
  text,
  isSoft,
  title,
}: {
  readonly cell: string;
  readonly word: string;
  readonly text: string;
  readonly isSoft: boolean;
  readonly title?: string | undefined;
}) {
  return (
    <span
      title={title}
      className={classNames(
        "figure shrink-0 text-right text-xs",
        cell,
        text === UNKNOWN ? "text-faint" : isSoft ? "text-soft" : "text-text",
      )}
    >
      <span className="sr-only">, {word} </span>
      {text}
    </span>
  );
}

function nErrorsBelow(node: TreeNode): number {
  return node.nErrors - (node.row.status === "failed" ? 1 : 0);
}

/** What else tells this event from its neighbours. */
function detailOf({ row, parent }: TreeNode): string {
  let within = parent;
  while (within !== null && within.row.nodeId === null) within = within.parent;
  const node = row.nodeId === within?.row.nodeId ? null : row.nodeId;
  const title = titleOf(row);
  return [row.model, row.agentName, node].filter((each) => each !== null && each !== title).join(" · ");
}

function tokensText({ hasTokens, tokens }: TreeNode): string {
  return hasTokens ? formatShort(tokens) : UNKNOWN;
}

/** What it cost; what has no price is not free. */
function costText({ nUnpriced, hasCost, cost: known }: TreeNode): string {
  const cost = hasCost ? known : null;
  if (nUnpriced === 0) return formatCost(cost);
  return cost === null ? "unpriced" : `≥ ${formatCost(cost)}`;
}

function costTitle({ nUnpriced, children, hasCost }: TreeNode): string | undefined {
  if (nUnpriced > 0) return `${formatNumberOf(nUnpriced, "call")} without a known price`;
  return hasCost && children.length > 0 ? "With all that is below it" : undefined;
}

function shareOf(durationMs: number | null, longestMs: number): number {
  return durationMs === null || longestMs <= 0 ? 0 : Math.min(100, (durationMs / longestMs) * 100);
}

function tokensTitle({ row, children }: TreeNode): string {
  if (children.length > 0) return "With all that is below it";
  return `${formatCount(row.tokensIn ?? 0)} in, ${formatCount(row.tokensOut ?? 0)} out`;
}
