import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { readPlan, type Plan } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatNumberOf } from "@/lib/format";
import { nodeStateOf } from "@/lib/node-state";
import { isEnded } from "@/lib/vocabulary";
import { nameVersion } from "@/lib/plan-version";
import { classNames } from "@/ui/class-names";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";
import { toneClasses } from "@/ui/status";
import { countStates, isFormer, stepsById } from "./plan";
import { Step } from "./step";

/** More steps than this have no room for a mark each. */
const MOST_MARKS = 80;

/** The plan of a run: its steps in their order, and how far the run is. */
export default function PlanView({ run }: RunViewProps) {
  const { data: plan, error, refetch } = useQuery(readPlan(run.run_id));
  const { selection, select } = useSelection();
  const list = useRef<HTMLOListElement>(null);
  const byId = useMemo(() => stepsById(plan?.steps ?? []), [plan]);
  const isRead = plan !== undefined;
  const selected = selection.node;
  useEffect(() => {
    if (isRead && selected !== undefined) {
      list.current?.querySelector("[aria-current=step]")?.scrollIntoView({ block: "nearest" });
    }
  }, [isRead, selected]);
  if (plan === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  if (plan.steps.length === 0) {
    return (
      <Note icon={ListChecks} title={isEnded(run.status) ? "There was no plan" : "There is no plan yet"}>
        {isEnded(run.status)
          ? "This run told nobody beforehand what it would do."
          : "Steps appear here as soon as the run declares what it is going to do."}
      </Note>
    );
  }
  return (
    <div className="@container flex h-full min-h-0 flex-col bg-surface">
      <PlanHead plan={plan} runStatus={run.status} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <ol ref={list} aria-label="Steps" className="mx-auto max-w-5xl py-2">
          {plan.steps.map((step, place) => (
            <Step
              key={step.node_id}
              runId={run.run_id}
              step={step}
              number={place + 1}
              isLast={place === plan.steps.length - 1}
              state={nodeStateOf(step, run.status)}
              isAt={!isEnded(run.status) && plan.progress?.node_id === step.node_id}
              formerVersion={isFormer(step, plan) ? step.plan_version : null}
              isSelected={selected === step.node_id}
              byId={byId}
              onSelect={(nodeId) => select({ node: nodeId }, { replace: selected !== undefined })}
            />
          ))}
        </ol>
      </div>
    </div>
  );
}

/** How far the run is with its plan. */
function PlanHead({ plan, runStatus }: { readonly plan: Plan; readonly runStatus: string }) {
  const { steps, progress, version } = plan;
  return (
    <div className="shrink-0 border-b border-line">
      <div className="mx-auto flex max-w-5xl flex-col gap-2 px-4 py-2.5">
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
          <h2 className="text-sm font-semibold">
            Plan
            {version !== null && <span className="font-normal text-soft">, {nameVersion(version)}</span>}
          </h2>
          <p role="status" className="text-sm text-soft">
            {progress === null ? (
              formatNumberOf(steps.length, "step")
            ) : (
              <>
                {isEnded(runStatus) ? "Ended at " : "At "}
                {progress.text}
              </>
            )}
          </p>
          <p className="figure ml-auto text-xs text-faint @max-xl:ml-0 @max-xl:w-full">
            {countStates(steps, runStatus)
              .map(({ label, count }) => `${count} ${label.toLowerCase()}`)
              .join(", ")}
          </p>
        </div>
        {steps.length <= MOST_MARKS && (
          <div aria-hidden className="flex gap-0.5">
            {steps.map((step) => (
              <span
                key={step.node_id}
                className={classNames(
                  "h-1.5 min-w-0 flex-1 rounded-full",
                  step.status === "pending" ? "bg-line" : `bg-current ${toneClasses(step.status).text}`,
                  step.status === "skipped" && "opacity-40",
                )}
              />
            ))}
          </div>
        )}
      </div>
    </div>
  );
}
