import { beforeEach, expect, test } from "vitest";
import { findLayout, keepLayout } from "./kept-layouts";
import { layOut } from "./layered-layout";
import type { Shape } from "./layout";

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  globalThis.localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
});

function chain(length: number, name = "secret step"): Shape {
  const ids = Array.from({ length }, (_, place) => `${name} ${place}`);
  return {
    ids,
    lines: ids.slice(1).map((target, place) => ({
      id: `line ${place}`,
      source: ids[place] ?? "",
      target,
      isBack: false,
      label: place % 2 ? "×3" : "",
    })),
  };
}

test("a layout is found again for the same shape only", () => {
  const shape = { ...chain(5), ids: [...chain(5).ids, "alone"] };
  const layout = layOut(shape);
  keepLayout("1", shape, layout);
  const found = findLayout("1", structuredClone(shape));
  expect(found?.boxes).toEqual(layout.boxes);
  expect([...(found?.routes.keys() ?? [])]).toEqual([...layout.routes.keys()]);
  for (const [id, route] of layout.routes) {
    expect(found?.routes.get(id)?.label === null).toBe(route.label === null);
    expect(found?.routes.get(id)?.points.length).toBe(route.points.length);
  }
  expect(found?.width).toBeCloseTo(layout.width);
  expect(findLayout("1", chain(5))).toBeNull();
  expect(findLayout("1", chain(6))).toBeNull();
});

test("no name is kept", () => {
  keepLayout("1", chain(3), layOut(chain(3)));
  expect([...kept].join()).not.toContain("secret");
});

test("layouts of other code are forgotten", () => {
  keepLayout("1", chain(3), layOut(chain(3)));
  expect(findLayout("2", chain(3))).toBeNull();
  expect(kept.size).toBe(0);
});

test("of too many layouts the oldest go, and large ones are not kept", () => {
  for (let length = 1; length <= 30; length += 1) keepLayout("1", chain(length), layOut(chain(length)));
  expect(kept.size).toBe(25);
  expect(findLayout("1", chain(6))).toBeNull();
  expect(findLayout("1", chain(7))).not.toBeNull();

  const ids = Array.from({ length: 20_000 }, (_, place) => `${place}`);
  const boxes = new Map(ids.map((id, place) => [id, { x: place, y: place }]));
  keepLayout("1", { ids, lines: [] }, { width: 1, height: 1, boxes, routes: new Map() });
  expect(kept.size).toBe(25);
});

test("what is damaged, or can't be reached, is no layout", () => {
  keepLayout("1", chain(3), layOut(chain(3)));
  for (const key of kept.keys()) if (key !== "runreel.layouts") kept.set(key, "[1, 2, 3]");
  expect(findLayout("1", chain(3))).toBeNull();
  kept.set("runreel.layouts", "not JSON");
  expect(findLayout("1", chain(3))).toBeNull();
  globalThis.localStorage = undefined as unknown as Storage;
  expect(findLayout("1", chain(3))).toBeNull();
  keepLayout("1", chain(3), layOut(chain(3)));
});
