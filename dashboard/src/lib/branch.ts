/** Branches: runs that try another way than the run they come from. Their metadata say which. */

import { asObject } from "./json-object";

export interface Branch {
  readonly hypothesis: string | null;
  readonly fromNode: string | null;
  /** What is done otherwise, by name. */
  readonly overrides: readonly (readonly [string, unknown])[];
}

/** Return what a run's metadata say of the branch that it is; null where it is none. */
export function branchOf(metadata: unknown): Branch | null {
  const branch = asObject(metadata)["branch"];
  const told = asObject(branch);
  if (told !== branch || Object.keys(told).length === 0) return null;
  const text = (key: string) =>
    typeof told[key] === "string" && told[key] !== "" ? (told[key] as string) : null;
  return {
    hypothesis: text("hypothesis") ?? text("branch_name"),
    // A branch that came from an old database names the step that it leaves.
    fromNode: text("from_node") ?? text("parent_step_id"),
    overrides: Object.entries(asObject(told["overrides"])),
  };
}
