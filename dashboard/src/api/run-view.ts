/** What the run page gives its views and panels. */

import type { RunDetail } from "./run";

/** A view of a run, such as its timeline. It fills its pane and scrolls inside; the selection is `useSelection`'s. */
export interface RunViewProps {
  readonly run: RunDetail;
}

/** A panel beside the view, about what is selected. */
export interface RunPanelProps {
  readonly run: RunDetail;
  /** The id of the event or node. */
  readonly id: string;
  readonly onClose: () => void;
}
