import type { LucideIcon } from "lucide-react";
import type { RunPanelProps, RunViewProps } from "@/api/run-view";
import type { Later } from "@/ui/later";

/** A view of the run page. The app hands them over, since no feature knows another. */
export interface RunView {
  /** Its segment in the address. */
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly view: Later<RunViewProps>;
  /** Whether it shows the moment of the playhead; one that does not says so. */
  readonly hasPast?: true;
}

/** The panels of the run page, by what is selected. */
export interface RunPanels {
  readonly event: Later<RunPanelProps>;
  readonly node: Later<RunPanelProps>;
}
