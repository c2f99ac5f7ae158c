import { Bot, History, UserCheck, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { PlanStep } from "@/api/run";
import { errorTextOf } from "@/lib/error-text";
import { formatDuration, formatExactly } from "@/lib/format";
import { attemptsOf, nodeStateOf, type NodeState } from "@/lib/node-state";
import { isEnded, nodeKind } from "@/lib/vocabulary";
import { FirstFailure } from "@/parts/first-failure";
import { NodeStateIcon } from "@/parts/node-state";
import { nameVersion } from "@/lib/plan-version";
import { classNames } from "@/ui/class-names";
import { Elapsed, Moment } from "@/ui/clock";
import { KindText } from "@/ui/kind";
import { toneClasses } from "@/ui/status";
import { StepDetails } from "./step-details";

interface StepProps {
  readonly runId: string;
  readonly step: PlanStep;
  readonly number: number;
  readonly isLast: boolean;
  readonly state: NodeState;
  /** Whether the run is at it. */
  readonly isAt: boolean;
  /** The version of the plan that it is of, where that is no longer the plan. */
  readonly formerVersion: number | null;
  readonly isSelected: boolean;
  readonly byId: ReadonlyMap<string, PlanStep>;
  readonly onSelect: (nodeId: string) => void;
}

/** A step: what is to be done in it, after what, and what became of it. */
export function Step(props: StepProps) {
  const { runId, step, number, isLast, state, isAt, formerVersion, isSelected, byId, onSelect } = props;
  const error = errorTextOf(step.error);
  return (
    <li
      aria-current={isSelected ? "step" : undefined}
      className={classNames(
        "relative flex gap-3 px-4 [contain-intrinsic-size:auto_6rem] [content-visibility:auto]",
        isSelected ? "bg-selected" : "hover:bg-hover",
      )}
    >
      <Rail state={state} isLast={isLast} isAt={isAt} />
      <div className="flex min-w-0 flex-1 flex-col gap-1.5 pt-3 pb-4">
        <div className="flex flex-wrap items-start gap-x-4 gap-y-0.5">
          <button
            type="button"
            aria-pressed={isSelected}
            onClick={() => onSelect(step.node_id)}
            // All of the step is its button; what else can be pressed in it stands above.
            className="flex min-w-0 flex-1 basis-60 items-baseline gap-2 rounded-sm text-left after:absolute after:inset-0"
          >
            <span className="figure shrink-0 text-sm text-faint">{number}</span>
            <bdi
              className={classNames(
                "min-w-0 text-sm leading-6 break-words",
                state.status === "skipped" ? "text-soft line-through" : "font-semibold",
              )}
            >
              {step.name}
            </bdi>
          </button>
          <Outcome step={step} state={state} />
        </div>
        {step.goal && (
          <p className="max-w-prose text-sm break-words whitespace-pre-wrap text-soft">
            <bdi>{step.goal}</bdi>
          </p>
        )}
        <StepDetails details={step.details} />
        {error && step.status === "failed" && (
          <p className="line-clamp-2 max-w-prose text-sm break-words text-bad">
            <bdi>
              {error.type && <span className="font-semibold">{error.type}: </span>}
              {error.message}
            </bdi>
          </p>
        )}
        {!error && step.status === "failed" && (
          <FirstFailure runId={runId} nodeId={step.node_id} className="line-clamp-2" />
        )}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
          {step.node_type !== null && <KindText kind={nodeKind(step.node_type)} />}
          {step.agent_name !== null && (
            <Tag icon={Bot}>
              <span className="sr-only">Agent </span>
              <bdi className="truncate">{step.agent_name}</bdi>
            </Tag>
          )}
          {step.requires_approval && (
            <Tag icon={UserCheck} className="text-wait">
              A person approves
            </Tag>
          )}
          {formerVersion !== null && (
            <Tag icon={History} className="text-plan">
              Of {nameVersion(formerVersion)}
            </Tag>
          )}
          <Before step={step} byId={byId} onSelect={onSelect} />
        </div>
      </div>
    </li>
  );
}

function Rail({ state, isLast, isAt }: Pick<StepProps, "state" | "isLast" | "isAt">) {
  const hasBegun = state.status !== "pending" && state.status !== "skipped";
  return (
    <span className="flex w-8 shrink-0 flex-col items-center pt-2">
      <span
        className={classNames(
          "flex size-8 shrink-0 items-center justify-center rounded-full",
          hasBegun ? toneClasses(state.status).tint : "border border-dashed border-control bg-surface",
          isAt && "outline-2 outline-offset-2 outline-accent",
        )}
      >
        <NodeStateIcon state={state} size={16} />
      </span>
      {!isLast && (
        <span
          aria-hidden
          className={classNames(
            "mt-1 w-0 flex-1 border-l-2",
            isEnded(state.status) ? "border-line-strong" : "border-dashed border-line-strong",
          )}
        />
      )}
    </span>
  );
}

/** How it stands, at which attempt, and how long it took. */
function Outcome({ step, state }: { readonly step: PlanStep; readonly state: NodeState }) {
  const attempts = attemptsOf(step.attempt_count, step.max_attempts, step.status);
  return (
    <p className="flex flex-wrap items-baseline gap-x-3 text-xs leading-6 @max-xl:basis-full @max-xl:gap-x-2">
      <span
        title={state.meaning}
        className={classNames("font-medium", state.isReady ? "text-accent" : toneClasses(state.status).text)}
      >
        {state.label}
      </span>
      {attempts && <span className="text-soft">{attempts}</span>}
      <Times step={step} />
    </p>
  );
}

function Times({ step }: { readonly step: PlanStep }) {
  if (step.started_at === null || step.status === "skipped") return null;
  const isLive = !isEnded(step.status) && step.status !== "pending";
  const ms = step.ended_at === null ? null : Date.parse(step.ended_at) - Date.parse(step.started_at);
  return (
    <>
      <span className="figure text-faint">
        <span className="sr-only">Started </span>
        <Moment at={step.started_at} />
      </span>
      {isLive ? (
        <Elapsed ms={0} since={step.started_at} isLive />
      ) : (
        ms !== null && (
          <span className="figure" title={`Ended ${formatExactly(step.ended_at)}`}>
            <span className="sr-only">Took </span>
            {formatDuration(Math.max(0, ms))}
          </span>
        )
      )}
    </>
  );
}

interface BeforeProps {
  readonly step: PlanStep;
  readonly byId: ReadonlyMap<string, PlanStep>;
  readonly onSelect: (nodeId: string) => void;
}

/** What it comes after. */
function Before({ step, byId, onSelect }: BeforeProps) {
  if (step.depends_on.length === 0) return null;
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-1">
      <span className="text-faint">After </span>
      {step.depends_on.map((nodeId) => {
        const before = byId.get(nodeId);
        return before === undefined ? (
          <bdi key={nodeId}>{nodeId}</bdi>
        ) : (
          <button
            key={nodeId}
            type="button"
            title={`Show ${before.name}`}
            onClick={() => onSelect(nodeId)}
            className="relative z-10 inline-flex h-6 max-w-56 items-center gap-1 rounded-full border border-line-strong bg-surface px-2 hover:border-control hover:text-text"
          >
            <NodeStateIcon state={nodeStateOf(before, "executing")} size={11} />
            <bdi className="truncate">{before.name}</bdi>
          </button>
        );
      })}
    </span>
  );
}

interface TagProps {
  readonly icon: LucideIcon;
  readonly className?: string;
  readonly children: ReactNode;
}

function Tag({ icon: Icon, className, children }: TagProps) {
  return (
    <span className={classNames("inline-flex max-w-full min-w-0 items-center gap-1", className)}>
      <Icon aria-hidden size={13} className="shrink-0" />
      {children}
    </span>
  );
}
