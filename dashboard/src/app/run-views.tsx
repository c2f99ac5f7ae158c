/** The views and panels of the run page. A view is added by a line here, and by its folder in `features`. */

import { Files, GanttChart, ListTree, MessagesSquare, ScrollText, Workflow } from "lucide-react";
import { lazy, type ComponentType } from "react";
import type { RunViewProps } from "@/api/run-view";
import type { RunPanels, RunView } from "@/features/run/run-view";

export const RUN_VIEWS: readonly RunView[] = [
  {
    id: "timeline",
    label: "Timeline",
    icon: GanttChart,
    ...loaded(() => import("@/features/timeline/timeline-view")),
  },
  { id: "tree", label: "Tree", icon: ListTree, ...loaded(() => import("@/features/tree/tree-view")) },
  { id: "graph", label: "Graph", icon: Workflow, ...loaded(() => import("@/features/graph/graph-view")) },
  {
    id: "messages",
    label: "Messages",
    icon: MessagesSquare,
    ...loaded(() => import("@/features/messages/messages-view")),
  },
  { id: "files", label: "Files", icon: Files, ...loaded(() => import("@/features/files/files-view")) },
  { id: "raw", label: "Raw", icon: ScrollText, ...loaded(() => import("@/features/raw/raw-view")) },
];

export const RUN_PANELS: RunPanels = {
  event: lazy(() => import("@/features/event-panel/event-panel")),
  node: lazy(() => import("@/features/node-panel/node-panel")),
};

/** Return a view that is loaded when it is first shown, or before. */
function loaded(
  load: () => Promise<{ default: ComponentType<RunViewProps> }>,
): Pick<RunView, "View" | "load"> {
  return { View: lazy(load), load };
}
