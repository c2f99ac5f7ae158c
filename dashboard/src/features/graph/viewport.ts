/** What of the graph is seen: `x` and `y` are where its corner stands on the screen, `zoom` how large it is. */

import { BOX_HEIGHT, BOX_WIDTH, type Layout, type Point } from "./layout";

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const LEAST_ZOOM = 0.04;
export const MOST_ZOOM = 2;
/** Below it names can't be read; a graph is never shown smaller unless a person asks for it. */
export const READABLE_ZOOM = 0.7;
/** Below it boxes are coloured, and have no text. */
export const DETAIL_ZOOM = 0.4;
const MARGIN = 28;
const TILE = 400;

/** Return how all of a graph is seen, as large as it can be. */
export function fit(layout: Layout, size: Size): Viewport {
  const zoom = clamp(
    Math.min(
      (size.width - 2 * MARGIN) / Math.max(1, layout.width),
      (size.height - 2 * MARGIN) / Math.max(1, layout.height),
      1,
    ),
  );
  return centreOn({ x: layout.width / 2, y: layout.height / 2 }, size, zoom);
}

/** Return what is seen first: all, if it can be read; else what is of interest, or the beginning. */
export function firstView(layout: Layout, size: Size, interest: string | undefined): Viewport {
  const whole = fit(layout, size);
  if (whole.zoom >= READABLE_ZOOM) return whole;
  const zoom = Math.max(READABLE_ZOOM, Math.min(1, (size.width - 2 * MARGIN) / Math.max(1, layout.width)));
  const box = interest === undefined ? undefined : layout.boxes.get(interest);
  if (box) return keepInside(centreOn(box, size, zoom), layout, size);
  const first = [...layout.boxes.values()].sort((one, other) => one.y - other.y || one.x - other.x)[0];
  const x = first?.x ?? layout.width / 2;
  return keepInside({ x: size.width / 2 - x * zoom, y: MARGIN, zoom }, layout, size);
}

/** Return a view with a point in its middle. */
export function centreOn(point: Point, size: Size, zoom: number): Viewport {
  return { x: size.width / 2 - point.x * zoom, y: size.height / 2 - point.y * zoom, zoom };
}

/** Move a view no further than needed to show all of a box. */
export function reveal(view: Viewport, box: Point, size: Size): Viewport {
  const zoom = view.zoom < DETAIL_ZOOM ? READABLE_ZOOM : view.zoom;
  const from = zoom === view.zoom ? view : centreOn(box, size, zoom);
  return {
    x: from.x + shift(from.x + (box.x - BOX_WIDTH / 2) * zoom, BOX_WIDTH * zoom, size.width),
    y: from.y + shift(from.y + (box.y - BOX_HEIGHT / 2) * zoom, BOX_HEIGHT * zoom, size.height),
    zoom,
  };
}

function shift(start: number, length: number, room: number): number {
  if (start < MARGIN) return MARGIN - start;
  return Math.min(0, room - MARGIN - start - length);
}

/** Leave no empty place at one side while the graph goes on at the other. */
function keepInside(view: Viewport, layout: Layout, size: Size): Viewport {
  const inside = (at: number, length: number, room: number) =>
    length + 2 * MARGIN <= room
      ? (room - length) / 2
      : Math.min(MARGIN, Math.max(room - MARGIN - length, at));
  return {
    x: inside(view.x, layout.width * view.zoom, size.width),
    y: inside(view.y, layout.height * view.zoom, size.height),
    zoom: view.zoom,
  };
}

/** Return the part of the graph that is drawn: what is seen, outwards to whole tiles, so that it seldom changes. */
export function drawnFrame(view: Viewport, size: Size): Frame {
  const tile = TILE / view.zoom;
  return {
    left: Math.floor(-view.x / view.zoom / tile - 0.5) * tile,
    top: Math.floor(-view.y / view.zoom / tile - 0.5) * tile,
    right: Math.ceil((size.width - view.x) / view.zoom / tile + 0.5) * tile,
    bottom: Math.ceil((size.height - view.y) / view.zoom / tile + 0.5) * tile,
  };
}

/** Tell whether a box is in a frame. */
export function isInside({ left, top, right, bottom }: Frame, { x, y }: Point): boolean {
  return (
    x + BOX_WIDTH / 2 >= left &&
    x - BOX_WIDTH / 2 <= right &&
    y + BOX_HEIGHT / 2 >= top &&
    y - BOX_HEIGHT / 2 <= bottom
  );
}

/** Tell whether a line passes through a frame, or may do so. */
export function mayCross({ left, top, right, bottom }: Frame, points: readonly Point[]): boolean {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  return (
    Math.max(...xs) >= left && Math.min(...xs) <= right && Math.max(...ys) >= top && Math.min(...ys) <= bottom
  );
}

/** A view as it stands in the address: the middle of what is seen, and its zoom. */
export function writeView(view: Viewport, size: Size): string {
  const x = (size.width / 2 - view.x) / view.zoom;
  const y = (size.height / 2 - view.y) / view.zoom;
  return [Math.round(x), Math.round(y), Number(view.zoom.toFixed(2))].join("_");
}

/** Read a view from the address; what can't be one is none. */
export function readView(text: string | undefined, size: Size): Viewport | undefined {
  const [x, y, zoom, ...rest] = (text ?? "").split("_").map((part) => (part ? Number(part) : Number.NaN));
  if (x === undefined || y === undefined || zoom === undefined || rest.length > 0) return undefined;
  if (![x, y, zoom].every(Number.isFinite) || zoom <= 0) return undefined;
  return centreOn({ x, y }, size, clamp(zoom));
}

export function clamp(zoom: number): number {
  return Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
}
