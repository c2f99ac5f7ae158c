import type { ComponentType } from "react";
import type { LucideIcon } from "lucide-react";
import type { RunPanelProps, RunViewProps } from "@/api/run-view";

/** A view of the run page. The app hands them over, since no feature knows another. */
export interface RunView {
  /** Its segment in the address. */
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly View: ComponentType<RunViewProps>;
  /** Load its code, which otherwise happens when it is first shown. */
  readonly load: () => Promise<unknown>;
}

/** The panels of the run page, by what is selected. */
export interface RunPanels {
  readonly event: ComponentType<RunPanelProps>;
  readonly node: ComponentType<RunPanelProps>;
}
