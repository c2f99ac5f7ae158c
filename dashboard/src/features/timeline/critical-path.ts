/**
 * The critical path: what a run waited for. From the end of a span backwards, whichever child ended last is what was
 * waited for, until it began, and then whichever went on before that; where no child did, the span itself was.
 */

import { NONE, at, type SpanTree, type TimeWindow } from "./span-tree";

export type CriticalPath = ReadonlyMap<number, readonly TimeWindow[]>;

/** Return the stretches of each span, by its index, that are on the path of the run until `now`. */
export function criticalPathOf(tree: SpanTree, now: number): CriticalPath {
  const path = new Map<number, TimeWindow[]>();
  const endOf = (index: number) => tree.spans[index]?.end ?? now;
  const waiting: { index: number; to: number }[] = [];
  const follow = (candidates: readonly number[], from: number, to: number, owner: number) => {
    let cursor = to;
    for (const child of candidates.toSorted((one, other) => endOf(other) - endOf(one))) {
      const start = tree.spans[child]?.start ?? 0;
      const end = Math.min(endOf(child), cursor);
      // A child that began after the cursor was not waited for, and one that takes no time holds nobody up.
      if (end <= Math.max(start, from)) continue;
      if (end < cursor && owner !== NONE) add(path, owner, { from: end, to: cursor });
      waiting.push({ index: child, to: end });
      cursor = Math.max(start, from);
      if (cursor <= from) break;
    }
    if (cursor > from && owner !== NONE) add(path, owner, { from, to: cursor });
  };
  follow(tree.roots, -Infinity, Infinity, NONE);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { index, to } = next;
    const from = tree.spans[index]?.start ?? 0;
    follow(childrenOf(tree, index), from, to, index);
  }
  for (const stretches of path.values()) stretches.sort((one, other) => one.from - other.from);
  return path;
}

/** Return how long the run waited for each span itself, the longest first. */
export function longestWaits(path: CriticalPath): { readonly index: number; readonly ms: number }[] {
  return [...path]
    .map(([index, stretches]) => ({
      index,
      ms: stretches.reduce((sum, each) => sum + each.to - each.from, 0),
    }))
    .toSorted((one, other) => other.ms - one.ms);
}

function childrenOf(tree: SpanTree, index: number): number[] {
  const children: number[] = [];
  for (let child = at(tree.firstChild, index); child !== NONE; child = at(tree.nextSibling, child)) {
    children.push(child);
  }
  return children;
}

function add(path: Map<number, TimeWindow[]>, index: number, stretch: TimeWindow): void {
  const stretches = path.get(index);
  if (stretches === undefined) path.set(index, [stretch]);
  else stretches.push(stretch);
}
