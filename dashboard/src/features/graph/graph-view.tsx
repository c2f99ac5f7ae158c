import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { useMemo } from "react";
import {
  readCourse,
  readDag,
  readDagStates,
  readSpans,
  type Course,
  type Dag,
  type RunDetail,
} from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatCount } from "@/lib/format";
import { readWord } from "@/lib/search-params";
import type { Selection } from "@/lib/selection";
import { isEnded } from "@/lib/vocabulary";
import { Choice } from "@/ui/choice";
import { useMoment } from "@/ui/playhead";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";
import { flowOfCalls } from "./call-flow";
import { flowOfCourse, flowOfEvents } from "./course-flow";
import { flowOfDag, type Box, type Flow } from "./flow";
import { boxesInTime, callsInTime, dagInTime, type FlowAt } from "./flow-in-time";
import { GraphCanvas } from "./graph-canvas";

const MOST_BOXES = 1_500;
const MOST_CALLS = 5_000;
const MODES = ["aggregated", "ran"] as const;
const MODE_OPTIONS = [
  { value: "aggregated", words: "Aggregated" },
  { value: "ran", words: "As it ran" },
] as const;
type Mode = (typeof MODES)[number];

/** The graph of a run: its nodes as planned and as it went, or else what called what. */
export default function GraphView({ run }: RunViewProps) {
  const { mode, setMode } = useMode();
  const { flow, remark, error, retry } = useFlow(run, mode);
  const moment = useMoment(run.started_at);
  const inTime = useFlowInTime(run, mode, flow, moment !== null);
  const { selection, select } = useSelection();
  if (flow === undefined) {
    return error ? <Failure error={error} onRetry={retry} /> : <Waiting />;
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
  const open = (box: Box, options: { readonly replace: boolean }) =>
    select(
      {
        ...(box.eventId === undefined ? {} : { event: box.eventId }),
        ...(box.nodeId === undefined ? {} : { node: box.nodeId }),
      },
      options,
    );
  return (
    <GraphCanvas
      // Another graph is looked at from its own beginning.
      key={mode}
      flow={moment === null || inTime === undefined ? flow : inTime(moment)}
      whole={flow}
      selectedId={selectedIn(flow, selection)}
      onOpen={open}
      remark={remark}
      choice={
        <Choice
          label="What a box stands for"
          options={MODE_OPTIONS}
          value={mode}
          onValue={setMode}
          className="pointer-events-auto shadow-pop"
        />
      }
    />
  );
}

function useMode(): { readonly mode: Mode; readonly setMode: (mode: Mode) => void } {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const setMode = (next: Mode) => {
    const changed = { "graph-mode": next === "ran" ? next : undefined, "graph-at": undefined };
    void navigate({ to: ".", search: ((before: object) => ({ ...before, ...changed })) as never });
  };
  return { mode: readWord(search, "graph-mode", MODES) ?? "aggregated", setMode };
}

interface Drawn {
  /** Undefined until it is read. */
  readonly flow: Flow | undefined;
  readonly remark: string | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** Return what is drawn of a run. */
function useFlow(run: RunDetail, mode: Mode): Drawn {
  const dag = useQuery(readDag(run.run_id, MOST_BOXES));
  const hasNodes = dag.data === undefined || dag.data.nodes.length > 0;
  const course = useQuery({ ...readCourse(run.run_id, MOST_BOXES), enabled: mode === "ran" && hasNodes });
  const spans = useQuery({
    ...readSpans(run.run_id, { limit: MOST_CALLS, max_rows: MOST_CALLS }),
    enabled: !hasNodes,
  });
  const flow = useMemo(() => {
    if (dag.data !== undefined && dag.data.nodes.length > 0) {
      if (mode === "aggregated") return flowOfDag(dag.data, run.status);
      return course.data === undefined ? undefined : flowOfCourse(course.data, dag.data);
    }
    if (spans.data === undefined) return undefined;
    return mode === "ran" ? flowOfEvents(spans.data.rows, MOST_BOXES) : flowOfCalls(spans.data.rows);
  }, [mode, dag.data, course.data, spans.data, run.status]);
  const nEvents = spans.data?.event_count ?? 0;
  return {
    flow,
    remark: hasNodes ? remarkOnNodes(dag.data, course.data, mode) : remarkOnCalls(nEvents, mode),
    error: dag.error ?? course.error ?? spans.error,
    retry: () => void Promise.all([dag, course, spans].map((each) => (each.error ? each.refetch() : null))),
  };
}

/** Return what shows the graph at moments; undefined until what it needs is read, or where nobody asks. */
function useFlowInTime(
  run: RunDetail,
  mode: Mode,
  whole: Flow | undefined,
  isAsked: boolean,
): FlowAt | undefined {
  const states = useQuery({ ...readDagStates(run.run_id, MOST_BOXES), enabled: isAsked });
  const hasNodes = states.data !== undefined && states.data.nodes.length > 0;
  const course = useQuery({ ...readCourse(run.run_id, MOST_BOXES), enabled: isAsked && hasNodes });
  const spans = useQuery({
    ...readSpans(run.run_id, { limit: MOST_CALLS, max_rows: MOST_CALLS }),
    enabled: isAsked && states.data !== undefined && !hasNodes,
  });
  return useMemo(() => {
    if (!isAsked || whole === undefined || states.data === undefined) return undefined;
    if (!hasNodes) {
      return mode === "ran" ? boxesInTime(whole) : spans.data && callsInTime(whole, spans.data.rows);
    }
    if (mode === "ran") return boxesInTime(whole);
    return course.data && dagInTime(whole, states.data, course.data);
  }, [isAsked, whole, mode, hasNodes, states.data, course.data, spans.data]);
}

function remarkOnCalls(nEvents: number, mode: Mode): string {
  const most = mode === "ran" ? MOST_BOXES : MOST_CALLS;
  const part = nEvents > most ? ` Of the first ${formatCount(most)} events.` : "";
  return `No nodes were recorded: this is what called what.${part}`;
}

function remarkOnNodes(dag: Dag | undefined, course: Course | undefined, mode: Mode): string | undefined {
  if (dag === undefined) return undefined;
  const [count, noun] =
    mode === "ran" ? [course?.execution_count ?? 0, "executions"] : [dag.node_count, "nodes"];
  if (count > MOST_BOXES) return `The first ${formatCount(MOST_BOXES)} of ${formatCount(count)} ${noun}.`;
  if (mode === "aggregated" && dag.edges.length > 0 && dag.edges.every((edge) => !edge.is_declared)) {
    return "No edges were declared: these are the ways that the run took.";
  }
  return undefined;
}

/** Return the box of what is selected: that of the event, or else of the node. */
function selectedIn(flow: Flow, selection: Selection): string | undefined {
  const ofEvent = flow.boxes.find((box) => box.eventId !== undefined && box.eventId === selection.event);
  return (ofEvent ?? flow.boxes.find((box) => box.nodeId !== undefined && box.nodeId === selection.node))?.id;
}
