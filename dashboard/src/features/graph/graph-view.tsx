import { useQuery } from "@tanstack/react-query";
import { Workflow } from "lucide-react";
import { useMemo } from "react";
import { readDag, readSpans } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatCount } from "@/lib/format";
import { isEnded } from "@/lib/vocabulary";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";
import { flowOfCalls } from "./call-flow";
import { flowOfDag, type Box } from "./flow";
import { GraphCanvas } from "./graph-canvas";

const MOST_NODES = 1_500;
const MOST_CALLS = 5_000;

/** The graph of a run: its nodes as planned and as it went, or else what called what. */
export default function GraphView({ run }: RunViewProps) {
  const dag = useQuery(readDag(run.run_id, MOST_NODES));
  const hasNodes = dag.data === undefined || dag.data.nodes.length > 0;
  const spans = useQuery({
    ...readSpans(run.run_id, { limit: MOST_CALLS, max_rows: MOST_CALLS }),
    enabled: !hasNodes,
  });
  const { selection, select } = useSelection();
  const flow = useMemo(() => {
    if (dag.data !== undefined && dag.data.nodes.length > 0) return flowOfDag(dag.data, run.status);
    return spans.data === undefined ? undefined : flowOfCalls(spans.data.rows);
  }, [dag.data, spans.data, run.status]);
  const failed = dag.error ?? spans.error;

  if (flow === undefined) {
    const retry = () => void (dag.error ? dag.refetch() : spans.refetch());
    return failed ? <Failure error={failed} onRetry={retry} /> : <Waiting />;
  }
  if (flow.boxes.length === 0) {
    return (
      <Note icon={Workflow} title="Nothing to draw yet">
        {isEnded(run.status)
          ? "This run ended without nodes or events."
          : "Nodes appear here as soon as the run tells of them."}
      </Note>
    );
  }
  const remark = remarkOn(hasNodes, dag.data, spans.data?.event_count ?? 0);
  const selectedId = hasNodes
    ? selection.node
    : flow.boxes.find((box) => box.eventId !== undefined && box.eventId === selection.event)?.id;
  const open = (box: Box, options: { readonly replace: boolean }) =>
    select(box.eventId === undefined ? { node: box.id } : { event: box.eventId }, options);
  return <GraphCanvas flow={flow} selectedId={selectedId} onOpen={open} remark={remark} />;
}

function remarkOn(
  hasNodes: boolean,
  dag: { readonly node_count: number; readonly edges: readonly { is_declared: boolean }[] } | undefined,
  nEvents: number,
): string | undefined {
  if (!hasNodes) {
    const part = nEvents > MOST_CALLS ? ` Of the first ${formatCount(MOST_CALLS)} events.` : "";
    return `No nodes were recorded: this is what called what.${part}`;
  }
  if (dag === undefined) return undefined;
  if (dag.node_count > MOST_NODES) {
    return `The first ${formatCount(MOST_NODES)} of ${formatCount(dag.node_count)} nodes.`;
  }
  if (dag.edges.length > 0 && dag.edges.every((edge) => !edge.is_declared)) {
    return "No edges were declared: these are the ways that the run took.";
  }
  return undefined;
}
