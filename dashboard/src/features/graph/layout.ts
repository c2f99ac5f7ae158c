/** Where boxes and lines stand: layers from top to bottom, the same for the same graph. */

import { graphlib, layout } from "@dagrejs/dagre";

export const BOX_WIDTH = 240;
export const BOX_HEIGHT = 60;
const BETWEEN_BOXES = 36;
const BETWEEN_LAYERS = 46;
const LETTER_WIDTH = 7;
const LABEL_HEIGHT = 18;
const LONGEST_LABEL = 160;

/** What a layout depends on. It goes to a worker, so it holds nothing else. */
export interface Shape {
  readonly ids: readonly string[];
  readonly lines: readonly ShapeLine[];
}

export interface ShapeLine {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly isBack: boolean;
  readonly label: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Route {
  readonly points: readonly Point[];
  /** The middle of the label, where there is one. */
  readonly label: Point | null;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each box. */
  readonly boxes: ReadonlyMap<string, Point>;
  readonly routes: ReadonlyMap<string, Route>;
}

export const EMPTY: Layout = { width: 0, height: 0, boxes: new Map(), routes: new Map() };

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

/** Place boxes in rows by themselves, for graphs that take too long to lay out well. */
export function layOutPlainly(shape: Shape): Layout {
  const columns = Math.max(1, Math.ceil(Math.sqrt(shape.ids.length / 2)));
  const boxes = new Map(
    shape.ids.map((id, place): [string, Point] => [
      id,
      {
        x: BOX_WIDTH / 2 + (place % columns) * (BOX_WIDTH + BETWEEN_BOXES),
        y: BOX_HEIGHT / 2 + Math.floor(place / columns) * (BOX_HEIGHT + BETWEEN_LAYERS),
      },
    ]),
  );
  const routes = new Map<string, Route>();
  for (const line of shape.lines) {
    const [from, to] = [boxes.get(line.source), boxes.get(line.target)];
    if (from && to) routes.set(line.id, { points: [from, to], label: null });
  }
  const rows = Math.ceil(shape.ids.length / columns);
  return {
    width: columns * (BOX_WIDTH + BETWEEN_BOXES) - BETWEEN_BOXES,
    height: Math.max(0, rows * (BOX_HEIGHT + BETWEEN_LAYERS) - BETWEEN_LAYERS),
    boxes,
    routes,
  };
}

/** Return the path of a line: straight to begin and end with, and rounded between. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${round(first.x)},${round(first.y)}`;
  if (rest.length < 2) return rest.reduce((before, { x, y }) => `${before}L${round(x)},${round(y)}`, path);
  for (let index = 0; index < rest.length - 1; index += 1) {
    const [corner, next] = [rest[index] as Point, rest[index + 1] as Point];
    const isLast = index === rest.length - 2;
    const end = isLast ? next : { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 };
    path += `Q${round(corner.x)},${round(corner.y)} ${round(end.x)},${round(end.y)}`;
  }
  return path;
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

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
