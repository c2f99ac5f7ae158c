/**
 * Layouts that this browser made before. Most runs of an agent have graphs of one shape: the next one opens without a
 * layout of its own. Only numbers are kept, no name of anything.
 */

import type { Layout, Point, Route, Shape } from "./layout";

const INDEX = "runreel.layouts";
const MAX_KEPT = 24;
const MAX_CHARS = 150_000;

interface Index {
  readonly version: string;
  /** The latest last. */
  readonly keys: readonly string[];
}

/** Tell whether any layout is kept. */
export function keepsLayouts(): boolean {
  try {
    return localStorage.getItem(INDEX) !== null;
  } catch {
    // Storage may be forbidden.
    return false;
  }
}

/** Return the layout of a shape, if it was kept by the code of this version. */
export function findLayout(version: string, shape: Shape): Layout | null {
  try {
    const key = keyOf(shape);
    if (!readIndex(version).keys.includes(key)) return null;
    return unpack(JSON.parse(localStorage.getItem(itemOf(key)) ?? "null"), shape);
  } catch {
    // Storage may be forbidden, or hold anything.
    return null;
  }
}

/** Keep the layout of a shape; of too many the oldest go. */
export function keepLayout(version: string, shape: Shape, layout: Layout): void {
  try {
    const text = JSON.stringify(pack(shape, layout));
    if (text.length > MAX_CHARS) return;
    const key = keyOf(shape);
    const keys = [...readIndex(version).keys.filter((each) => each !== key), key];
    for (const gone of keys.splice(0, Math.max(0, keys.length - MAX_KEPT))) {
      localStorage.removeItem(itemOf(gone));
    }
    localStorage.setItem(itemOf(key), text);
    localStorage.setItem(INDEX, JSON.stringify({ version, keys }));
  } catch {
    // Storage may be forbidden, or full.
  }
}

function readIndex(version: string): Index {
  const known = JSON.parse(localStorage.getItem(INDEX) ?? "null") as Index | null;
  if (known?.version === version) return known;
  for (const key of known?.keys ?? []) localStorage.removeItem(itemOf(key));
  localStorage.removeItem(INDEX);
  return { version, keys: [] };
}

function itemOf(key: string): string {
  return `${INDEX}.${key}`;
}

/** Name a shape by a hash of 53 bits, and its length. */
function keyOf(shape: Shape): string {
  const text = JSON.stringify(shape);
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return `${(4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(36)}.${text.length}`;
}

/** Write a layout as numbers: its size, each box, and each line with how many points it has and its label. */
function pack(shape: Shape, layout: Layout): number[] {
  const numbers = [layout.width, layout.height];
  const add = ({ x, y }: Point) => numbers.push(Math.round(x * 10) / 10, Math.round(y * 10) / 10);
  for (const id of shape.ids) add(layout.boxes.get(id) ?? { x: 0, y: 0 });
  for (const { id } of shape.lines) {
    const route = layout.routes.get(id);
    numbers.push(route ? route.points.length : -1, route?.label ? 1 : 0);
    route?.points.forEach(add);
    if (route?.label) add(route.label);
  }
  return numbers;
}

function unpack(numbers: readonly number[], shape: Shape): Layout | null {
  let place = 0;
  const next = () => {
    const number = numbers[place++];
    if (typeof number !== "number") throw new RangeError("the layout is cut off");
    return number;
  };
  const point = (): Point => ({ x: next(), y: next() });
  const [width, height] = [next(), next()];
  const boxes = new Map(shape.ids.map((id): [string, Point] => [id, point()]));
  const routes = new Map<string, Route>();
  for (const { id } of shape.lines) {
    const [count, hasLabel] = [next(), next()];
    if (count < 0) continue;
    const points = Array.from({ length: count }, point);
    routes.set(id, { points, label: hasLabel ? point() : null });
  }
  return place === numbers.length ? { width, height, boxes, routes } : null;
}
