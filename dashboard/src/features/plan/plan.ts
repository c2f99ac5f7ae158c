/** What a plan's steps are shown with. */

import type { Plan, PlanStep } from "@/api/run";
import { nodeStateOf } from "@/lib/node-state";

export type Details =
  | { readonly kind: "points"; readonly points: readonly string[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "data"; readonly text: string };

/** Return the details of a step as they are best read; null where there are none. */
export function detailsOf(details: unknown): Details | null {
  if (details === null || details === undefined || details === "") return null;
  if (typeof details === "string") return { kind: "text", text: details };
  if (Array.isArray(details)) {
    if (details.length === 0) return null;
    return {
      kind: "points",
      points: details.map((each) => (typeof each === "string" ? each : JSON.stringify(each))),
    };
  }
  return { kind: "data", text: JSON.stringify(details, null, 2) };
}

/** Whether a step is of a former version of the plan; it is shown because it ran. */
export function isFormer(step: PlanStep, plan: Plan): boolean {
  return plan.version !== null && step.plan_version !== null && step.plan_version < plan.version;
}

export interface StateCount {
  readonly label: string;
  readonly count: number;
}

/** Return how many steps stand how, in the order in which that is first met. */
export function countStates(steps: readonly PlanStep[], runStatus: string): readonly StateCount[] {
  const counts = new Map<string, number>();
  for (const step of steps) {
    const { label } = nodeStateOf(step, runStatus);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(([label, count]) => ({ label, count }));
}

/** Return the steps by their ids. */
export function stepsById(steps: readonly PlanStep[]): ReadonlyMap<string, PlanStep> {
  return new Map(steps.map((step) => [step.node_id, step]));
}
