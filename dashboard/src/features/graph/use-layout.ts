import { useEffect, useRef, useState } from "react";
import { labelOf, shapeOf, type Flow } from "./flow";
import { findLayout, keepLayout, keepsLayouts } from "./kept-layouts";
import { layOutPlainly, type Layout, type Shape } from "./layout";

const DEADLINE_MS = 5_000;

// The address changes with the code.
const CODE = new URL("./layout-worker.ts", import.meta.url);

function newWorker(): Worker {
  return new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
}

// One is kept: it knows its work when another graph is laid out. A browser that knows no graph yet will need one, so it
// starts while the graph is being read.
let idle: Worker | undefined = keepsLayouts() ? undefined : newWorker();

function takeWorker(): Worker {
  const worker = idle ?? newWorker();
  idle = undefined;
  return worker;
}

function giveBack(worker: Worker): void {
  worker.onmessage = null;
  worker.onerror = null;
  idle?.terminate();
  idle = worker;
}

interface Laid {
  readonly shape: string;
  readonly layout: Layout;
  /** Whether it took too long, so that boxes stand in plain rows. */
  readonly isPlain: boolean;
}

/** Lay a graph out in a worker whenever its shape changes; until then the former layout stays. */
export function useLayout(flow: Flow): Laid | null {
  const [laid, setLaid] = useState<Laid | null>(null);
  const latest = useRef(flow);
  useEffect(() => {
    latest.current = flow;
  });
  const shape = shapeOf(flow);
  useEffect(() => {
    const wanted = makeShape(latest.current);
    const known = findLayout(CODE.href, wanted);
    if (known) {
      setLaid({ shape, layout: known, isPlain: false });
      return;
    }
    const worker = takeWorker();
    let isDone = false;
    const finish = (layout: Layout, isPlain: boolean) => {
      isDone = true;
      clearTimeout(timer);
      if (isPlain) {
        worker.terminate();
      } else {
        giveBack(worker);
        if (isOver(latest.current)) keepLayout(CODE.href, wanted, layout);
      }
      setLaid({ shape, layout, isPlain });
    };
    const timer = setTimeout(() => finish(layOutPlainly(wanted), true), DEADLINE_MS);
    worker.onmessage = ({ data }: MessageEvent<Layout>) => finish(data, false);
    worker.onerror = () => finish(layOutPlainly(wanted), true);
    worker.postMessage(wanted);
    return () => {
      clearTimeout(timer);
      if (!isDone) worker.terminate();
    };
  }, [shape]);
  return laid;
}

/** Tell whether nothing in a graph goes on: while something does, its shape changes again and again. */
function isOver(flow: Flow): boolean {
  return flow.boxes.every((box) => !box.hasRun || box.endedAt !== null);
}

function makeShape(flow: Flow): Shape {
  return {
    ids: flow.boxes.map((box) => box.id),
    lines: flow.lines.map((line) => ({
      id: line.id,
      source: line.source,
      target: line.target,
      isBack: line.isBack,
      label: labelOf(line),
    })),
  };
}
