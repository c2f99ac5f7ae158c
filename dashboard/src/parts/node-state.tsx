import { CirclePlay } from "lucide-react";
import type { NodeState } from "@/lib/node-state";
import { StatusIcon } from "@/ui/status";

/** The symbol of how a node stands; the word stands beside it. */
export function NodeStateIcon({ state, size }: { readonly state: NodeState; readonly size: number }) {
  if (!state.isReady) return <StatusIcon status={state.status} size={size} />;
  return <CirclePlay aria-hidden size={size} strokeWidth={2.25} className="shrink-0 text-accent" />;
}
