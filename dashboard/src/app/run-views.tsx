/** The views and panels of the run page. A view is added by a line here, and by its folder in `features`. */

import { Files, GanttChart, ListChecks, ListTree, MessagesSquare, ScrollText, Workflow } from "lucide-react";
import type { RunPanels, RunView } from "@/features/run/run-view";
import { later } from "@/ui/later";

export const RUN_VIEWS: readonly RunView[] = [
  {
    id: "timeline",
    label: "Timeline",
    icon: GanttChart,
    view: later(() => import("@/features/timeline/timeline-view")),
  },
  {
    id: "tree",
    label: "Tree",
    icon: ListTree,
    view: later(() => import("@/features/tree/tree-view")),
    hasPast: true,
  },
  {
    id: "graph",
    label: "Graph",
    icon: Workflow,
    view: later(() => import("@/features/graph/graph-view")),
    hasPast: true,
  },
  { id: "plan", label: "Plan", icon: ListChecks, view: later(() => import("@/features/plan/plan-view")) },
  {
    id: "messages",
    label: "Messages",
    icon: MessagesSquare,
    view: later(() => import("@/features/messages/messages-view")),
    hasPast: true,
  },
  { id: "files", label: "Files", icon: Files, view: later(() => import("@/features/files/files-view")) },
  { id: "raw", label: "Raw", icon: ScrollText, view: later(() => import("@/features/raw/raw-view")) },
];

export const RUN_PANELS: RunPanels = {
  event: later(() => import("@/features/event-panel/event-panel")),
  node: later(() => import("@/features/node-panel/node-panel")),
};

export const PLAYHEAD = later(() => import("@/features/playhead/playhead-bar"));

/** Return the view with a segment of the address; where there is none, the first. */
export function viewOf(id: string): RunView | undefined {
  return RUN_VIEWS.find((view) => view.id === id) ?? RUN_VIEWS[0];
}
