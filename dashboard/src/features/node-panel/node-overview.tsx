import type { ReactNode } from "react";
import type { NodeSummary } from "@/api/node";
import { errorTextOf } from "@/lib/error-text";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatShort,
} from "@/lib/format";
import { eventKind, isEnded } from "@/lib/vocabulary";
import { FirstFailure } from "@/parts/first-failure";
import { nameVersion } from "@/lib/plan-version";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Elapsed, Moment } from "@/ui/clock";
import { hueClasses, KindText } from "@/ui/kind";
import { NodeApprovals } from "./node-approvals";
import { Figure, Section } from "./section";

interface NodeOverviewProps {
  readonly node: NodeSummary;
  readonly onShowEvents: () => void;
}

/** What a node was to do, when and how it did it, and of what it consisted. */
export function NodeOverview({ node, onShowEvents }: NodeOverviewProps) {
  const error = errorTextOf(node.error);
  const types = Object.entries(node.events_by_type).sort(([, one], [, other]) => other - one);
  const most = Math.max(1, ...types.map(([, count]) => count));
  const metadata = Object.keys(node.metadata).length > 0;
  return (
    <div className="flex flex-col gap-5 p-4">
      {error && (
        <div className="rounded-md bg-bad-tint px-3 py-2.5 text-bad">
          {error.type && <p className="text-xs font-semibold">{error.type}</p>}
          <p className="text-sm break-words whitespace-pre-wrap">
            <bdi>{error.message}</bdi>
          </p>
          {error.rest && (
            <pre className="mt-1.5 font-mono text-xs break-words whitespace-pre-wrap">
              {JSON.stringify(error.rest, null, 2)}
            </pre>
          )}
        </div>
      )}
      {!error && node.status === "failed" && node.error_count > 0 && (
        <div className="rounded-md bg-bad-tint px-3 py-2.5">
          <FirstFailure runId={node.run_id} nodeId={node.node_id} className="whitespace-pre-wrap" />
        </div>
      )}
      {!error && node.error_count > 0 && (
        <div className="flex items-center justify-between gap-3 rounded-md bg-bad-tint py-1.5 pr-1.5 pl-3 text-sm text-bad">
          {formatNumberOf(node.error_count, "event")} in it failed.
          <Button onClick={onShowEvents}>Show events</Button>
        </div>
      )}
      {node.goal && (
        <Section title="Goal">
          <p className="text-sm whitespace-pre-wrap">
            <bdi>{node.goal}</bdi>
          </p>
        </Section>
      )}
      <dl className="grid grid-cols-3 gap-y-3">
        <Figure label="Took">
          <Took node={node} />
        </Figure>
        <Figure label="Tokens">{formatShort(node.tokens_in + node.tokens_out)}</Figure>
        <Figure label="Cost">
          {node.unpriced_count > 0 ? "≥ " : ""}
          {formatCost(node.cost)}
        </Figure>
        {(node.attempt_count > 1 || node.max_attempts !== null) && (
          <Figure label="Attempts">
            {node.attempt_count}
            {node.max_attempts !== null && ` of ${node.max_attempts}`}
          </Figure>
        )}
        {node.attempt_count > 0 && node.success_rate !== null && (
          <Figure label="Succeeded">{formatShare(node.success_rate)}</Figure>
        )}
        {node.code_exec_count > 0 && <Figure label="Code runs">{formatCount(node.code_exec_count)}</Figure>}
      </dl>
      {node.approval_count > 0 && <NodeApprovals node={node} />}
      <dl className="grid grid-cols-[6.5rem_1fr] gap-x-3 gap-y-1.5 text-sm">
        {node.requires_approval && <Fact label="Approval">It needs one.</Fact>}
        {node.plan_version !== null && <Fact label="Plan">{nameVersion(node.plan_version)}</Fact>}
        {node.agent_name && <Fact label="Agent">{<bdi>{node.agent_name}</bdi>}</Fact>}
        {Object.keys(node.agents).length > 1 && (
          <Fact label="Agents in it">
            <bdi>{Object.keys(node.agents).join(", ")}</bdi>
          </Fact>
        )}
        {node.started_at && (
          <Fact label="Started">
            <Moment at={node.started_at} />
          </Fact>
        )}
        {node.ended_at && (
          <Fact label="Ended">
            <Moment at={node.ended_at} />
          </Fact>
        )}
        <Fact label="Id">
          <bdi className="font-mono text-xs break-all">{node.node_id}</bdi>
        </Fact>
      </dl>
      {types.length > 0 && (
        <Section title={formatNumberOf(node.event_count, "event")}>
          <ul className="flex flex-col gap-1">
            {types.map(([type, count]) => {
              const kind = eventKind(type);
              return (
                <li key={type} className="grid grid-cols-[9rem_1fr_3rem] items-center gap-3 text-sm">
                  <KindText kind={kind} />
                  <span aria-hidden className="h-1.5 overflow-hidden rounded-full bg-sunken">
                    <span
                      className={classNames("block h-full rounded-full opacity-70", hueClasses(kind).fill)}
                      style={{ width: `${(count / most) * 100}%` }}
                    />
                  </span>
                  <span className="figure text-right text-soft">{formatCount(count)}</span>
                </li>
              );
            })}
          </ul>
        </Section>
      )}
      {types.length === 0 && <p className="text-sm text-soft">Nothing has happened in it.</p>}
      {metadata && (
        <Section title="Metadata">
          <pre
            // Long lines scroll, so the keyboard must get there.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
            aria-label="Metadata"
            className="overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-xs leading-5"
          >
            {JSON.stringify(node.metadata, null, 2)}
          </pre>
        </Section>
      )}
    </div>
  );
}

function Took({ node }: { readonly node: NodeSummary }) {
  if (node.started_at === null) return "–";
  if (!isEnded(node.status)) return <Elapsed ms={node.wall_ms} since={node.started_at} isLive />;
  const ms = node.ended_at ? Date.parse(node.ended_at) - Date.parse(node.started_at) : node.wall_ms;
  return formatDuration(Math.max(ms, 0));
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
