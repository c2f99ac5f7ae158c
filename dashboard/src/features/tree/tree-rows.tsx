import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useMemo, useRef, type KeyboardEvent, type MouseEvent } from "react";
import { useShortcut } from "@/ui/shortcuts";
import { useNow } from "@/ui/clock";
import { useRush } from "@/ui/rush";
import { durationOf, isOpen, type Fold, type Tree, type TreeNode } from "./tree";
import { ROW_HEIGHT, TreeRow } from "./tree-row";

interface TreeRowsProps {
  readonly tree: Tree;
  readonly seen: readonly TreeNode[];
  readonly fold: Fold;
  readonly isSearching: boolean;
  readonly searched: string;
  /** What was found; null where nothing is searched for, and all counts. */
  readonly matches: readonly TreeNode[] | null;
  readonly active: TreeNode | undefined;
  readonly selectedId: string | undefined;
  readonly isFollowing: boolean;
  readonly onLeave: () => void;
  /** A row became the active one; `doesFollow` where what is selected should go along. */
  readonly onActive: (node: TreeNode, doesFollow: boolean) => void;
  readonly onSelect: (node: TreeNode) => void;
  readonly onTurn: (nodes: readonly TreeNode[], isToBeOpen: boolean) => void;
}

const OVERSCAN = 4;

/** The rows of the tree that are on the screen, and the keys that lead through all of them. */
export function TreeRows(props: TreeRowsProps) {
  const { tree, seen, fold, isSearching, matches, active, selectedId, onActive, onSelect, onTurn } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const places = useMemo(() => new Map(seen.map((node, index) => [node.row.id, index])), [seen]);
  const matched = useMemo(() => (matches === null ? null : new Set(matches)), [matches]);
  const now = useNow("never");
  const longestMs = useMemo(
    () => Math.max(0, ...tree.roots.slice(0, 10_000).map(({ row }) => durationOf(row, now) ?? 0)),
    [tree, now],
  );
  const rush = useRush();
  // Its functions change what they return without changing themselves, so nothing here is remembered by the compiler.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: seen.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_HEIGHT,
    scrollPaddingEnd: ROW_HEIGHT,
    onChange: ({ scrollOffset, scrollRect }) => rush.note(scrollOffset ?? 0, scrollRect?.height ?? 0),
  });

  const activeIndex = active === undefined ? -1 : (places.get(active.row.id) ?? -1);
  const isOwn = useRef(false);
  const activeId = active?.row.id;
  const latest = useRef({ places, virtualizer });
  useEffect(() => {
    latest.current = { places, virtualizer };
  });
  useEffect(() => {
    const index = activeId === undefined ? undefined : latest.current.places.get(activeId);
    // A person's own press moves nothing below the pointer.
    if (index !== undefined && !isOwn.current)
      latest.current.virtualizer.scrollToIndex(index, { align: "auto" });
    isOwn.current = false;
  }, [activeId]);
  useEffect(() => {
    if (!props.isFollowing) return;
    const last = lastBegun(seen);
    if (last >= 0) virtualizer.scrollToIndex(last, { align: "auto" });
  }, [props.isFollowing, seen, virtualizer]);

  const go = (index: number) => {
    const node = seen[Math.max(0, Math.min(seen.length - 1, index))];
    if (node === undefined) return;
    props.onLeave();
    onActive(node, true);
  };
  const turn = (node: TreeNode) => {
    isOwn.current = true;
    onTurn([node], !isOpen(node, fold));
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
    const isExpanded =
      active !== undefined && active.children.length > 0 && (isSearching || isOpen(active, fold));
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(activeIndex + 1),
      ArrowUp: () => go(activeIndex < 0 ? 0 : activeIndex - 1),
      PageDown: () => go(activeIndex + page),
      PageUp: () => go(activeIndex - page),
      Home: () => go(0),
      End: () => go(seen.length - 1),
      ArrowRight: () => {
        if (active === undefined || active.children.length === 0) return;
        if (isExpanded) go(activeIndex + 1);
        else onTurn([active], true);
      },
      ArrowLeft: () => {
        if (active === undefined) return;
        if (isExpanded && !isSearching) onTurn([active], false);
        else if (active.parent) go(places.get(active.parent.row.id) ?? activeIndex);
      },
      "*": () => onTurn(active?.parent?.children ?? tree.roots, true),
      Enter: () => active && onSelect(active),
      " ": () => active && onSelect(active),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  const step = (by: 1 | -1) => {
    const node = seen[Math.max(0, Math.min(seen.length - 1, activeIndex + by))];
    if (node) onSelect(node);
  };
  useShortcut({ keys: "j", label: "Select the next event", group: "Tree" }, () => step(1));
  useShortcut({ keys: "k", label: "Select the previous event", group: "Tree" }, () => step(-1));

  const nodeOf = ({ target }: MouseEvent) => {
    const row = target instanceof Element ? target.closest<HTMLElement>("[data-event]") : null;
    return tree.byId.get(row?.dataset["event"] ?? "");
  };
  const click = (event: MouseEvent) => {
    const node = nodeOf(event);
    if (node === undefined) return;
    if (isOnTurn(event)) turn(node);
    else {
      isOwn.current = true;
      onSelect(node);
    }
  };
  const doubleClick = (event: MouseEvent) => {
    const node = nodeOf(event);
    if (node !== undefined && !isOnTurn(event)) turn(node);
  };

  const items = virtualizer.getVirtualItems();
  const slots = Math.ceil((virtualizer.scrollRect?.height ?? 0) / ROW_HEIGHT) + 2 * OVERSCAN + 2;
  const isDrawn = items.some(({ index }) => index === activeIndex);
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      ref={scroller}
      role="tree"
      aria-label="Events"
      tabIndex={0}
      aria-activedescendant={isDrawn ? `${prefix}-${activeIndex}` : undefined}
      onKeyDown={press}
      onClick={click}
      onDoubleClick={doubleClick}
      onFocus={() => {
        const first = seen[0];
        if (active === undefined && first) onActive(first, false);
      }}
      onWheel={(event) => {
        if (event.deltaY < 0) props.onLeave();
      }}
      className="group/tree relative min-h-0 flex-1 overflow-auto outline-none"
    >
      <div role="presentation" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const node = seen[index];
          if (node === undefined) return null;
          const siblings = node.parent?.children ?? tree.roots;
          return (
            <TreeRow
              // Each row that is seen has a slot, whose elements the next one that comes into sight takes over.
              key={index % slots}
              id={`${prefix}-${index}`}
              node={node}
              top={start}
              place={node.place + 1}
              nSiblings={siblings.length}
              isExpanded={node.children.length > 0 && (isSearching || isOpen(node, fold))}
              isActive={index === activeIndex}
              isSelected={node.row.id === selectedId}
              isRushing={rush.isRushing}
              isMatch={matched === null || matched.has(node)}
              searched={props.searched}
              longestMs={longestMs}
            />
          );
        })}
      </div>
    </div>
  );
}

function isOnTurn({ target }: MouseEvent): boolean {
  return target instanceof Element && target.closest("[data-turn]") !== null;
}

/** Return the place of the row that began last. */
function lastBegun(seen: readonly TreeNode[]): number {
  let last = -1;
  let at = -Infinity;
  for (const [index, { row }] of seen.entries()) {
    if (row.startedAt >= at) {
      at = row.startedAt;
      last = index;
    }
  }
  return last;
}
