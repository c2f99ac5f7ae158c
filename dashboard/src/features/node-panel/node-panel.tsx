import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { X } from "lucide-react";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { readNodeSummary, type NodeSummary } from "@/api/node";
import { isGone } from "@/api/problem";
import type { RunPanelProps } from "@/api/run-view";
import { formatShort } from "@/lib/format";
import { readWord } from "@/lib/search-params";
import { nodeKind } from "@/lib/vocabulary";
import { IconButton } from "@/ui/button";
import { KindText } from "@/ui/kind";
import { Failure, Note, Waiting } from "@/ui/states";
import { StatusBadge } from "@/ui/status";
import { NodeEvents } from "./node-events";
import { NodeFiles } from "./node-files";
import { NodeHistory } from "./node-history";
import { NodeMessages } from "./node-messages";
import { NodeMetrics } from "./node-metrics";
import { NodeOverview } from "./node-overview";

const TABS = ["overview", "events", "files", "messages", "history", "metrics"] as const;
type Tab = (typeof TABS)[number];

/** A node of this run: what it was to do, and what it did. Nodes of other runs that are called the same stay out. */
export default function NodePanel({ run, id, onClose }: RunPanelProps) {
  const { data: node, error, refetch } = useQuery(readNodeSummary(run.run_id, id));
  const [tab, setTab] = useTab();
  if (node === undefined) {
    return (
      <div className="flex h-full flex-col">
        <Head name={id} onClose={onClose} />
        {isGone(error) ? (
          <Note title="There is no such node">This run has told of none that is called like this.</Note>
        ) : error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Waiting />
        )}
      </div>
    );
  }
  return (
    <Tabs.Root
      value={tab}
      onValueChange={(next) => setTab(next as Tab)}
      className="flex h-full min-h-0 flex-col"
    >
      <Head name={node.name} onClose={onClose}>
        <StatusBadge status={node.status} />
        <KindText kind={nodeKind(node.node_type)} className="text-xs text-soft" />
        {node.ended_by_run && <span className="text-xs text-soft">with its run</span>}
        {node.attempt_count > 1 && (
          <span className="figure text-xs text-soft">ran {node.attempt_count} times</span>
        )}
      </Head>
      <Tabs.List
        aria-label="About the node"
        className="flex shrink-0 gap-0.5 overflow-x-auto border-b border-line px-3"
      >
        <TabButton tab="overview">Overview</TabButton>
        <TabButton tab="events" count={node.event_count}>
          Events
        </TabButton>
        <TabButton tab="files" count={countOf(node.files_by_type)}>
          Files
        </TabButton>
        <TabButton tab="messages" count={node.message_count}>
          Messages
        </TabButton>
        <TabButton tab="history">History</TabButton>
        <TabButton tab="metrics">Metrics</TabButton>
      </Tabs.List>
      <TabPane tab="overview">
        <NodeOverview node={node} onShowEvents={() => setTab("events")} />
      </TabPane>
      <TabPane tab="events">
        <NodeEvents runId={run.run_id} node={node} />
      </TabPane>
      <TabPane tab="files">
        <NodeFiles runId={run.run_id} nodeId={id} />
      </TabPane>
      <TabPane tab="messages">
        <NodeMessages runId={run.run_id} nodeId={id} />
      </TabPane>
      <TabPane tab="history">
        <NodeHistory runId={run.run_id} nodeId={id} />
      </TabPane>
      <TabPane tab="metrics">
        <NodeMetrics node={node} />
      </TabPane>
    </Tabs.Root>
  );
}

interface HeadProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

function Head({ name, onClose, children }: HeadProps) {
  return (
    <header className="flex shrink-0 items-start gap-2 py-3 pr-2.5 pl-4">
      <div className="min-w-0 flex-1">
        <h2 title={name} className="name-text text-lg font-semibold tracking-tight">
          {name}
        </h2>
        {children && <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">{children}</div>}
      </div>
      <IconButton icon={X} label="Close" keys="Escape" onClick={onClose} />
    </header>
  );
}

interface TabButtonProps {
  readonly tab: Tab;
  readonly count?: number;
  readonly children: string;
}

function TabButton({ tab, count = 0, children }: TabButtonProps) {
  return (
    <Tabs.Trigger
      value={tab}
      className="-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm whitespace-nowrap text-soft hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
    >
      {children}
      {count > 0 && <span className="figure text-xs font-normal text-faint">{formatShort(count)}</span>}
    </Tabs.Trigger>
  );
}

function TabPane({ tab, children }: { readonly tab: Tab; readonly children: ReactNode }) {
  return (
    <Tabs.Content value={tab} className="min-h-0 flex-1 overflow-auto -outline-offset-2">
      {children}
    </Tabs.Content>
  );
}

function useTab(): [Tab, (tab: Tab) => void] {
  const tab = readWord(useSearch({ strict: false }), "node-tab", TABS) ?? "overview";
  const navigate = useNavigate();
  const setTab = (next: Tab) => {
    const search = (before: Record<string, unknown>) => ({
      ...before,
      "node-tab": next === "overview" ? undefined : next,
    });
    void navigate({ to: ".", search: search as never, replace: true, resetScroll: false });
  };
  return [tab, setTab];
}

function countOf(counts: NodeSummary["files_by_type"]): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
