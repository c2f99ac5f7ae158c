/** Where arrow keys lead: down and up along lines, to the sides among the boxes of a layer. */

import type { Flow } from "./flow";
import type { Layout, Point } from "./layout";

export type Direction = "up" | "down" | "left" | "right";

/** Return the box that lies in a direction, if there is one. */
export function walk(flow: Flow, layout: Layout, from: string, direction: Direction): string | undefined {
  const here = layout.boxes.get(from);
  if (here === undefined) return undefined;
  if (direction === "left" || direction === "right") return beside(layout, here, direction);
  const sign = direction === "down" ? 1 : -1;
  const joined = flow.lines.flatMap((line) =>
    line.source === from ? [line.target] : line.target === from ? [line.source] : [],
  );
  return nearest(
    joined.flatMap((id) => {
      const there = layout.boxes.get(id);
      return there && (there.y - here.y) * sign > 0 ? [{ id, there }] : [];
    }),
    here,
  );
}

function beside(layout: Layout, here: Point, direction: "left" | "right"): string | undefined {
  const sign = direction === "right" ? 1 : -1;
  const candidates = [...layout.boxes].flatMap(([id, there]) =>
    there.y === here.y && (there.x - here.x) * sign > 0 ? [{ id, there }] : [],
  );
  return nearest(candidates, here);
}

function nearest(
  candidates: readonly { readonly id: string; readonly there: Point }[],
  here: Point,
): string | undefined {
  let best: { id: string; distance: number } | undefined;
  for (const { id, there } of candidates) {
    // Layers count more than sides: the next layer is the next step.
    const distance = Math.abs(there.y - here.y) * 4 + Math.abs(there.x - here.x);
    if (best === undefined || distance < best.distance) best = { id, distance };
  }
  return best?.id;
}
