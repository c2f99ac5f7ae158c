import { LocateFixed, Maximize, Minus, Plus, TriangleAlert } from "lucide-react";
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { classNames } from "@/ui/class-names";
import { IconButton } from "@/ui/button";
import { useShortcut, useToldKeys } from "@/ui/shortcuts";
import { Waiting } from "@/ui/states";
import type { Box, Flow } from "./flow";
import { GraphBoxes } from "./graph-boxes";
import { GraphLines } from "./graph-lines";
import { Legend } from "./legend";
import { EMPTY } from "./layout";
import { Overview } from "./overview";
import { useLayout } from "./use-layout";
import { useViewport } from "./use-viewport";
import { centreOn, DETAIL_ZOOM, fit, READABLE_ZOOM, type Viewport } from "./viewport";
import { walk, type Direction } from "./walk";

const STEP = 1.25;
const PAN = 90;
const group = "Graph";
const TOLD_KEYS = [
  { keys: "ArrowDown", label: "Along the lines, down", group },
  { keys: "ArrowUp", label: "Along the lines, up", group },
  { keys: "ArrowRight", label: "To the box at the right", group },
  { keys: "ArrowLeft", label: "To the box at the left", group },
  { keys: "Enter", label: "Show what the box stands for", group },
];
const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

interface GraphCanvasProps {
  readonly flow: Flow;
  /** What is laid out: that of the whole run, so that nothing moves where `flow` is a moment of it. */
  readonly whole: Flow;
  readonly selectedId: string | undefined;
  readonly onOpen: (box: Box, options: { readonly replace: boolean }) => void;
  readonly remark: string | undefined;
  /** What is chosen of the graph; it stands above the remark. */
  readonly choice: ReactNode;
}

/** A graph to look at: it is panned and zoomed, and walked through with arrow keys. */
export function GraphCanvas({ flow, whole, selectedId, onOpen, remark, choice }: GraphCanvasProps) {
  const laid = useLayout(whole);
  const layout = laid?.layout ?? EMPTY;
  const interest = selectedId ?? mostInteresting(flow);
  const [pane, setPane] = useState<HTMLDivElement | null>(null);
  const viewport = useViewport(pane, laid === null ? null : layout, interest);
  const { view, size, frame } = viewport;
  const [focusedId, setFocused] = useState<string | undefined>();
  const places = useMemo(() => new Map(flow.boxes.map((box) => [box.id, box])), [flow]);
  const stopId = [focusedId, selectedId, flow.boxes[0]?.id].find((id) => id !== undefined && places.has(id));
  const wanted = useRef<string | undefined>(undefined);
  const openedHere = useRef<string | undefined>(undefined);

  const running = flow.boxes.find((box) => ["running", "waiting_approval"].includes(box.status));
  const failed = flow.boxes.find((box) => box.status === "failed");
  const zoomBy = (factor: number) => viewport.zoomTo(view.zoom * factor);
  const panBy = (x: number, y: number) => viewport.set({ ...view, x: view.x + x, y: view.y + y });
  const fitAll = () => viewport.set(fit(layout, size));
  const find = (id: string | undefined) => {
    const box = id === undefined ? undefined : layout.boxes.get(id);
    if (box) viewport.set(centreOn(box, size, Math.max(view.zoom, READABLE_ZOOM)));
    if (id !== undefined) focus(id);
  };
  const focus = (id: string) => {
    wanted.current = id;
    setFocused(id);
  };
  useShortcut({ keys: "+", label: "Larger", group }, () => zoomBy(STEP));
  useShortcut({ keys: "-", label: "Smaller", group }, () => zoomBy(1 / STEP));
  useShortcut({ keys: "0", label: "Show all of it", group }, fitAll);
  useShortcut({ keys: "e", label: "Go to what failed", group }, () => find(failed?.id), failed !== undefined);
  useToldKeys(TOLD_KEYS);
  useShortcut({ keys: "Shift+ArrowLeft", label: "Look left", group }, () => panBy(PAN, 0));
  useShortcut({ keys: "Shift+ArrowRight", label: "Look right", group }, () => panBy(-PAN, 0));
  useShortcut({ keys: "Shift+ArrowUp", label: "Look up", group }, () => panBy(0, PAN));
  useShortcut({ keys: "Shift+ArrowDown", label: "Look down", group }, () => panBy(0, -PAN));

  // What was selected elsewhere comes into sight; what was clicked here is in sight already.
  const { show } = viewport;
  useEffect(() => {
    if (laid === null || selectedId === undefined || openedHere.current === selectedId) return;
    openedHere.current = selectedId;
    const box = laid.layout.boxes.get(selectedId);
    if (box) show(box);
  }, [selectedId, laid, show]);

  // The box that the arrow keys led to may have been drawn just now.
  useEffect(() => {
    const id = wanted.current;
    if (id === undefined) return;
    const element = [...(pane?.querySelectorAll<HTMLElement>("[data-box]") ?? [])].find(
      (each) => each.dataset["box"] === id,
    );
    if (element === undefined) return;
    wanted.current = undefined;
    element.focus({ preventScroll: true });
  });

  const open = (box: Box, options: { readonly replace: boolean }) => {
    openedHere.current = box.id;
    onOpen(box, options);
  };
  const step = (event: KeyboardEvent) => {
    const direction = DIRECTIONS[event.key];
    if (direction === undefined || event.shiftKey || stopId === undefined) return;
    event.preventDefault();
    const next = walk(flow, layout, stopId, direction);
    const place = next === undefined ? undefined : layout.boxes.get(next);
    if (next === undefined || place === undefined) return;
    viewport.show(place);
    focus(next);
    const box = places.get(next);
    // With the panel open it follows, as a list would.
    if (box && selectedId !== undefined) open(box, { replace: true });
  };

  // The boxes are not drawn anew because the view moved, so what they call must stay the same.
  const latest = useRef({ open, step });
  useEffect(() => {
    latest.current = { open, step };
  });
  const openLatest = useCallback(
    (box: Box, options: { readonly replace: boolean }) => latest.current.open(box, options),
    [],
  );
  const stepLatest = useCallback((event: KeyboardEvent) => latest.current.step(event), []);

  const isCoarse = view.zoom < DETAIL_ZOOM;
  const isAllSeen =
    view.x >= 0 &&
    view.y >= 0 &&
    view.x + layout.width * view.zoom <= size.width &&
    view.y + layout.height * view.zoom <= size.height;
  return (
    <div className="relative h-full min-h-72 overflow-hidden bg-page">
      <div
        ref={setPane}
        role="group"
        aria-label={`Graph of ${flow.boxes.length} ${flow.boxes.length === 1 ? "box" : "boxes"}; arrow keys walk along its lines`}
        className="absolute inset-0 cursor-grab touch-none overflow-hidden select-none active:cursor-grabbing"
      >
        {laid === null ? (
          <Waiting />
        ) : (
          <div
            style={styleOf(view)}
            className={classNames("absolute top-0 left-0 origin-top-left", size.width === 0 && "invisible")}
          >
            <GraphLines
              lines={flow.lines}
              layout={layout}
              frame={frame}
              isCoarse={isCoarse}
              selectedId={selectedId}
            />
            <GraphBoxes
              flow={flow}
              layout={layout}
              frame={frame}
              isCoarse={isCoarse}
              selectedId={selectedId}
              stopId={stopId}
              onOpen={openLatest}
              onFocus={setFocused}
              onKeyDown={stepLatest}
            />
          </div>
        )}
      </div>
      <div className="pointer-events-none absolute top-3 left-3 flex max-w-[calc(100%-5.5rem)] flex-col items-start gap-2">
        {choice}
        {(remark ?? laid?.isPlain) && (
          <p className="rounded-md bg-raised px-2.5 py-1.5 text-xs text-soft shadow-pop">
            {laid?.isPlain ? "Too much to arrange in time, so the boxes stand in rows. " : ""}
            {remark}
          </p>
        )}
      </div>
      <div
        role="toolbar"
        aria-label="What is seen of the graph"
        aria-orientation="vertical"
        className="absolute top-3 right-3 flex flex-col gap-0.5 rounded-lg bg-raised p-1 shadow-pop"
      >
        <IconButton icon={Plus} label="Larger" keys="+" onClick={() => zoomBy(STEP)} />
        <IconButton icon={Minus} label="Smaller" keys="-" onClick={() => zoomBy(1 / STEP)} />
        <IconButton icon={Maximize} label="Show all of it" keys="0" onClick={fitAll} />
        {running && (
          <IconButton
            icon={LocateFixed}
            label="Go to what is going on"
            className="text-busy"
            onClick={() => find(running.id)}
          />
        )}
        {failed && (
          <IconButton
            icon={TriangleAlert}
            label="Go to what failed"
            keys="e"
            className="text-bad"
            onClick={() => find(failed.id)}
          />
        )}
      </div>
      <Legend lines={flow.lines} />
      <Overview
        flow={flow}
        layout={layout}
        view={view}
        size={size}
        onLook={(point) => viewport.set(centreOn(point, size, view.zoom))}
        className={classNames((laid === null || isAllSeen) && "hidden")}
      />
    </div>
  );
}

/** Return what a person wants to see first: what goes on, or what failed. */
function mostInteresting(flow: Flow): string | undefined {
  const running = flow.boxes.find((box) => ["running", "waiting_approval"].includes(box.status));
  return (running ?? flow.boxes.find((box) => box.status === "failed"))?.id;
}

function styleOf({ x, y, zoom }: Viewport): CSSProperties {
  // Lines keep a width that can be seen.
  const lineScale = Math.max(1, 0.7 / zoom);
  return {
    transform: `translate(${x}px, ${y}px) scale(${zoom})`,
    "--line-scale": lineScale,
  } as CSSProperties;
}
