/** What can be asked of the agent of a run, and how what was asked is told. */

import type { Action, RunRequest } from "@/api/requests";
import { isEnded } from "@/lib/vocabulary";

interface Asked {
  readonly status: string;
  readonly request: RunRequest | null;
}

/** Return what may be asked now. A run that was asked to give up is asked for nothing else. */
export function offeredActions({ status, request }: Asked): readonly Action[] {
  if (isEnded(status) || status === "draft" || request?.action === "cancel") return [];
  const isPaused = request === null || request.action === "resume" ? status === "paused" : true;
  const goesOnAgain = request?.action === "resume" && !request.is_seen;
  return isPaused && !goesOnAgain ? ["resume", "cancel"] : ["pause", "cancel"];
}

export interface RequestWords {
  /** What was asked, after the name of who asked. */
  readonly asked: string;
  /** Whether the agent knows; null where that shows by itself. */
  readonly isSeen: boolean | null;
}

/** Return how the latest request of a run is told; null where it is over. */
export function requestWords({ status, request }: Asked): RequestWords | null {
  if (request === null) return null;
  const { action, is_seen } = request;
  if (isEnded(status)) {
    return action === "cancel" && status === "cancelled"
      ? { asked: "asked it to give up", isSeen: null }
      : null;
  }
  if (action === "cancel") return { asked: "asked it to give up", isSeen: is_seen };
  if (action === "resume") return is_seen ? null : { asked: "asked it to go on", isSeen: false };
  return { asked: "asked it to pause", isSeen: status === "paused" ? null : is_seen };
}
