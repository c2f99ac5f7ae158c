/** The views and panels of the run page. A view is added by a line here, and by its folder in `features`. */

import { Files, GanttChart, ListTree, MessagesSquare, ScrollText, Workflow } from "lucide-react";
import { lazy } from "react";
import type { RunPanels, RunView } from "@/features/run/run-view";

export const RUN_VIEWS: readonly RunView[] = [
  {
    id: "timeline",
    label: "Timeline",
    icon: GanttChart,
    View: lazy(() => import("@/features/timeline/timeline-view")),
  },
  { id: "tree", label: "Tree", icon: ListTree, View: lazy(() => import("@/features/tree/tree-view")) },
  { id: "graph", label: "Graph", icon: Workflow, View: lazy(() => import("@/features/graph/graph-view")) },
  {
    id: "messages",
    label: "Messages",
    icon: MessagesSquare,
    View: lazy(() => import("@/features/messages/messages-view")),
  },
  { id: "files", label: "Files", icon: Files, View: lazy(() => import("@/features/files/files-view")) },
  { id: "raw", label: "Raw", icon: ScrollText, View: lazy(() => import("@/features/raw/raw-view")) },
];

export const RUN_PANELS: RunPanels = {
  event: lazy(() => import("@/features/event-panel/event-panel")),
  node: lazy(() => import("@/features/node-panel/node-panel")),
};
