/** The tree of a run's events, what of it is seen, and what it adds up to. Pure. */

import { titleOf, type EventRow } from "@/lib/event-row";

export interface TreeNode {
  readonly row: EventRow;
  parent: TreeNode | null;
  children: TreeNode[];
  depth: number;
  /** Which of its siblings it is. */
  place: number;
  /** Of it and all below it. */
  nEvents: number;
  nErrors: number;
  nUnpriced: number;
  tokens: number;
  cost: number;
  /** Whether any of these has a cost, or tokens, at all. */
  hasTokens: boolean;
  hasCost: boolean;
}

export interface Tree {
  readonly roots: readonly TreeNode[];
  readonly byId: ReadonlyMap<string, TreeNode>;
  /** All nodes, each before what is below it. */
  readonly inOrder: readonly TreeNode[];
}

const SHORT = 400;
const LEAST_SEEN = 12;

// Most nodes are leaves; they share one list, which nobody writes to.
const NONE: TreeNode[] = [];

/** Build the tree of rows in execution order. What has no parent here, or is in a cycle, stands at the top. */
export function treeOf(rows: readonly EventRow[]): Tree {
  const byId = new Map<string, TreeNode>();
  for (const row of rows) byId.set(row.id, newNode(row));
  const roots: TreeNode[] = [];
  for (const node of byId.values()) {
    const { parentId } = node.row;
    const parent = parentId === null || parentId === node.row.id ? undefined : byId.get(parentId);
    if (parent === undefined) roots.push(node);
    else {
      node.parent = parent;
      if (parent.children === NONE) parent.children = [node];
      else parent.children.push(node);
    }
  }
  const inOrder = walked(roots);
  if (inOrder.length < byId.size) {
    const reached = new Set(inOrder);
    for (const node of byId.values()) {
      if (reached.has(node)) continue;
      if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node);
      node.parent = null;
      roots.push(node);
      for (const below of walked([node])) {
        reached.add(below);
        inOrder.push(below);
      }
    }
  }
  for (const [place, node] of roots.entries()) node.place = place;
  for (let index = inOrder.length - 1; index >= 0; index -= 1) {
    const node = inOrder[index] as TreeNode;
    if (node.parent) addUp(node.parent, node);
  }
  return { roots, byId, inOrder };
}

function newNode(row: EventRow): TreeNode {
  return {
    row,
    parent: null,
    children: NONE,
    depth: 0,
    place: 0,
    nEvents: 1,
    nErrors: row.status === "failed" ? 1 : 0,
    nUnpriced: row.isUnpriced ? 1 : 0,
    tokens: (row.tokensIn ?? 0) + (row.tokensOut ?? 0),
    cost: row.cost ?? 0,
    hasTokens: row.tokensIn !== null || row.tokensOut !== null,
    hasCost: row.cost !== null,
  };
}

function addUp(parent: TreeNode, child: TreeNode): void {
  parent.nEvents += child.nEvents;
  parent.nErrors += child.nErrors;
  parent.nUnpriced += child.nUnpriced;
  parent.tokens += child.tokens;
  parent.cost += child.cost;
  parent.hasTokens ||= child.hasTokens;
  parent.hasCost ||= child.hasCost;
}

function walked(roots: readonly TreeNode[]): TreeNode[] {
  const found: TreeNode[] = [];
  const left = roots.toReversed();
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    node.depth = node.parent === null ? 0 : node.parent.depth + 1;
    found.push(node);
    for (let place = node.children.length - 1; place >= 0; place -= 1) {
      const child = node.children[place] as TreeNode;
      child.place = place;
      left.push(child);
    }
  }
  return found;
}

/** Which nodes are open: those above a level, but for those that were turned over by hand. */
export interface Fold {
  readonly level: number;
  readonly turned: ReadonlySet<string>;
}

export function isOpen(node: TreeNode, fold: Fold): boolean {
  return node.depth < fold.level !== fold.turned.has(node.row.id);
}

/** Return the nodes that are seen from top to bottom. With `kept`, only those, whatever is folded. */
export function visible(tree: Tree, fold: Fold, kept?: ReadonlySet<TreeNode>): TreeNode[] {
  const found: TreeNode[] = [];
  const left = tree.roots.toReversed();
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (kept !== undefined && !kept.has(node)) continue;
    found.push(node);
    if (node.children.length === 0 || (kept === undefined && !isOpen(node, fold))) continue;
    for (let index = node.children.length - 1; index >= 0; index -= 1) {
      left.push(node.children[index] as TreeNode);
    }
  }
  return found;
}

export interface Wanted {
  readonly text: string;
  readonly onlyErrors: boolean;
}

/** Return the nodes that match, in order. */
export function matching(tree: Tree, { text, onlyErrors }: Wanted): TreeNode[] {
  const wanted = text.toLowerCase();
  return tree.inOrder.filter(
    ({ row }) =>
      (!onlyErrors || row.status === "failed") &&
      (wanted === "" ||
        [titleOf(row), row.type, row.nodeId, row.agentName, row.model, row.status].some((each) =>
          each?.toLowerCase().includes(wanted),
        )),
  );
}

/** Return nodes with all that they are within. */
export function withAncestors(nodes: readonly TreeNode[]): Set<TreeNode> {
  const kept = new Set<TreeNode>();
  for (const node of nodes) {
    for (let each: TreeNode | null = node; each !== null && !kept.has(each); each = each.parent)
      kept.add(each);
  }
  return kept;
}

/** Return a fold in which a node is seen: all that it is within is open. */
export function revealed(node: TreeNode, fold: Fold): Fold {
  const turned = new Set(fold.turned);
  for (let each = node.parent; each !== null; each = each.parent) {
    if (isOpen(each, fold)) continue;
    if (!turned.delete(each.row.id)) turned.add(each.row.id);
  }
  return { ...fold, turned };
}

/** Return a fold in which nodes are open or closed. */
export function turnedTo(nodes: readonly TreeNode[], isToBeOpen: boolean, fold: Fold): Fold {
  const turned = new Set(fold.turned);
  for (const node of nodes) {
    if (isOpen(node, fold) === isToBeOpen) continue;
    if (!turned.delete(node.row.id)) turned.add(node.row.id);
  }
  return { ...fold, turned };
}

/** Return the level that a run opens with: all of a short one, else the first with some rows to look at. */
export function firstLevel(tree: Tree, nEvents: number): number {
  if (nEvents <= SHORT) return Infinity;
  const counts: number[] = [];
  for (const { depth } of tree.inOrder) counts[depth] = (counts[depth] ?? 0) + 1;
  let nSeen = 0;
  const level = counts.findIndex((count) => (nSeen += count) >= LEAST_SEEN);
  return level === -1 ? Infinity : level;
}

/** Return the next or previous of some nodes, in the order of the tree, seen from another; round the end. */
export function stepThrough(
  tree: Tree,
  nodes: readonly TreeNode[],
  from: TreeNode | undefined,
  by: 1 | -1,
): TreeNode | undefined {
  if (nodes.length === 0) return undefined;
  const places = new Map(tree.inOrder.map((node, place) => [node, place]));
  const here = from === undefined ? (by === 1 ? -1 : Infinity) : (places.get(from) ?? -1);
  const placeOf = (node: TreeNode) => places.get(node) ?? 0;
  return by === 1
    ? (nodes.find((node) => placeOf(node) > here) ?? nodes[0])
    : (nodes.findLast((node) => placeOf(node) < here) ?? nodes.at(-1));
}

/** How long a node has taken so far, or took. */
export function durationOf(row: EventRow, now: number): number | null {
  if (row.durationMs !== null) return row.durationMs;
  if (row.endedAt !== null) return Math.max(0, row.endedAt - row.startedAt);
  return row.status === "running" ? Math.max(0, now - row.startedAt) : null;
}

/** How much of a node's time none of its children was going on. */
export function selfTimeOf(node: TreeNode, now: number): number | null {
  const whole = durationOf(node.row, now);
  if (whole === null || node.children.length === 0) return whole;
  const start = node.row.startedAt;
  const end = start + whole;
  const spans = node.children
    .map(({ row }) => [row.startedAt, row.startedAt + (durationOf(row, now) ?? 0)] as const)
    .sort((a, b) => a[0] - b[0]);
  let covered = 0;
  let until = start;
  for (const [from, to] of spans) {
    const begin = Math.max(from, until);
    const stop = Math.min(to, end);
    if (stop <= begin) continue;
    covered += stop - begin;
    until = stop;
  }
  // Times are exact to the microsecond; what is less comes from adding them up.
  return Math.max(0, Math.round((whole - covered) * 1_000) / 1_000);
}
