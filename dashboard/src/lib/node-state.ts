/** How a node stands, in words: its status, whether it could begin, and how often it was tried. */

import { isEnded, statusWord } from "./vocabulary";

/** What is told of a node; the graph and the plan have it from the server, or from an earlier moment of the run. */
export interface NodeFacts {
  readonly status: string;
  readonly ended_by_run?: boolean;
  readonly is_ready?: boolean;
}

export interface NodeState {
  readonly status: string;
  readonly label: string;
  readonly meaning: string;
  /** Whether it has not begun, and nothing that it waits for is left. */
  readonly isReady: boolean;
}

/** Return how a node stands in a run of a status: what a run that has ended did not reach is no longer pending. */
export function nodeStateOf(node: NodeFacts, runStatus: string): NodeState {
  const { status } = node;
  const { label, meaning } = statusWord(status);
  const plain = { status, label, meaning, isReady: false };
  if (node.ended_by_run) {
    return { ...plain, label: `${label} by the run`, meaning: "It was going on when the run ended." };
  }
  if (status !== "pending") return plain;
  if (isEnded(runStatus)) {
    return { ...plain, label: "Not reached", meaning: "The run ended before it began." };
  }
  if (!node.is_ready) return plain;
  return { ...plain, label: "Ready", meaning: "All that it waits for is done.", isReady: true };
}

/** Return "2nd attempt" while it goes on, "2 attempts" after, with how many it may take at most; null if once is usual. */
export function attemptsOf(count: number, most: number | null, status: string): string | null {
  if (count === 0) return most === null ? null : `At most ${most} ${most === 1 ? "attempt" : "attempts"}`;
  const isBounded = most !== null && (most > 1 || count > 1);
  if (count === 1 && !isBounded) return null;
  const bound = isBounded ? ` of ${most}` : "";
  if (!isEnded(status)) return isBounded ? `${ordinal(count)} attempt${bound}` : `${ordinal(count)} attempt`;
  return isBounded ? `${count}${bound} attempts` : `${count} attempts`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st */
export function ordinal(count: number): string {
  const isTeen = Math.floor(count / 10) % 10 === 1;
  const ending = isTeen ? undefined : ["th", "st", "nd", "rd"][count % 10];
  return `${count}${ending ?? "th"}`;
}
