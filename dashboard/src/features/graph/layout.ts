/** Where boxes and lines stand, and how large they are. */

export const BOX_WIDTH = 240;
export const BOX_HEIGHT = 60;
export const BETWEEN_BOXES = 36;
export const BETWEEN_LAYERS = 46;

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

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
