/** Layers from top to bottom, the same for the same graph. Only the worker has this code: it is large. */

import { graphlib, layout } from "@dagrejs/dagre";
import {
  BETWEEN_BOXES,
  BETWEEN_LAYERS,
  BOX_HEIGHT,
  BOX_WIDTH,
  type Layout,
  type Point,
  type Route,
  type Shape,
} from "./layout";

const LETTER_WIDTH = 7;
const LABEL_HEIGHT = 18;
const LONGEST_LABEL = 160;

/** Lay a graph out in layers; siblings keep the order in which they were given. */
export function layOut(shape: Shape): Layout {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({
    rankdir: "TB",
    ranker: "tight-tree",
    nodesep: BETWEEN_BOXES,
    edgesep: 18,
    ranksep: BETWEEN_LAYERS,
    marginx: 8,
    marginy: 8,
  });
  // Names of our own, since any text may be an id, also one that means something to an object.
  const nameOf = new Map(shape.ids.map((id, place) => [id, `b${place}`]));
  for (const name of nameOf.values()) graph.setNode(name, { width: BOX_WIDTH, height: BOX_HEIGHT });
  const drawn = shape.lines.filter((line) => nameOf.has(line.source) && nameOf.has(line.target));
  drawn.forEach((line, place) => {
    const ends: [string, string] = [nameOf.get(line.source) ?? "", nameOf.get(line.target) ?? ""];
    if (line.isBack) ends.reverse();
    const label = line.label
      ? { width: Math.min(LONGEST_LABEL, line.label.length * LETTER_WIDTH + 12), height: LABEL_HEIGHT }
      : {};
    graph.setEdge(ends[0], ends[1], { ...label, labelpos: "c" }, `l${place}`);
  });
  layout(graph, { disableOptimalOrderHeuristic: true });

  const boxes = new Map<string, Point>();
  for (const [id, name] of nameOf) {
    const { x, y } = graph.node(name) as Point;
    boxes.set(id, { x, y });
  }
  const routes = new Map<string, Route>();
  drawn.forEach((line, place) => {
    const ends: [string, string] = [nameOf.get(line.source) ?? "", nameOf.get(line.target) ?? ""];
    if (line.isBack) ends.reverse();
    const edge = graph.edge({ v: ends[0], w: ends[1], name: `l${place}` }) as Partial<Point> & {
      points: readonly Point[];
    };
    const points = edge.points.map(({ x, y }) => ({ x, y }));
    if (line.isBack) points.reverse();
    const label =
      line.label && edge.x !== undefined && edge.y !== undefined
        ? onPath(points, { x: edge.x, y: edge.y })
        : null;
    routes.set(line.id, { points, label });
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, boxes, routes };
}

/** Return where the rounded path passes by one of its corners, so that what stands there stands on it. */
function onPath(points: readonly Point[], at: Point): Point {
  const place = points.findIndex((point) => point.x === at.x && point.y === at.y);
  const [before, after] = [points[place - 1], points[place + 1]];
  if (place < 0 || before === undefined || after === undefined) return at;
  const from = place === 1 ? before : middle(before, at);
  const to = place === points.length - 2 ? after : middle(at, after);
  return { x: (from.x + 2 * at.x + to.x) / 4, y: (from.y + 2 * at.y + to.y) / 4 };
}

function middle(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}
