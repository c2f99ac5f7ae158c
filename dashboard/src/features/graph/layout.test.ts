import { expect, test } from "vitest";
import { layOut } from "./layered-layout";
import { BOX_HEIGHT, BOX_WIDTH, layOutPlainly, pathOf, type Shape } from "./layout";
import { centreOn, firstView, fit, READABLE_ZOOM, readView, reveal, writeView } from "./viewport";
import { walk } from "./walk";

function shape(
  ids: readonly string[],
  pairs: readonly (readonly [string, string])[],
  back: string[] = [],
): Shape {
  return {
    ids,
    lines: pairs.map(([source, target]) => {
      const id = `${source}>${target}`;
      return { id, source, target, isBack: back.includes(id), label: "" };
    }),
  };
}

const fork = shape(
  ["start", "one", "two", "three", "end"],
  ["one", "two", "three"].flatMap((id) => [["start", id] as const, [id, "end"] as const]),
);
const screen = { width: 1_000, height: 700 };

test("siblings keep their order, and layers go down", () => {
  const { boxes } = layOut(fork);
  const x = (id: string) => boxes.get(id)?.x ?? Number.NaN;
  const y = (id: string) => boxes.get(id)?.y ?? Number.NaN;
  expect(x("one")).toBeLessThan(x("two"));
  expect(x("two")).toBeLessThan(x("three"));
  expect([y("one"), y("three")]).toEqual([y("two"), y("two")]);
  expect(y("start")).toBeLessThan(y("one"));
  expect(y("one")).toBeLessThan(y("end"));
});

test("the same graph is laid out the same, whatever its ids are", () => {
  expect(layOut(fork)).toEqual(layOut(fork));
  const awkward = layOut(
    shape(
      ["__proto__", "constructor", ""],
      [
        ["__proto__", ""],
        ["constructor", ""],
      ],
    ),
  );
  expect([...awkward.boxes.keys()]).toEqual(["__proto__", "constructor", ""]);
});

test("a way back runs from its source up to its target", () => {
  const { boxes, routes } = layOut(
    shape(
      ["a", "b"],
      [
        ["a", "b"],
        ["b", "a"],
      ],
      ["b>a"],
    ),
  );
  expect(boxes.get("a")?.y).toBeLessThan(boxes.get("b")?.y ?? 0);
  const points = routes.get("b>a")?.points ?? [];
  expect(points[0]?.y).toBeGreaterThan(points.at(-1)?.y ?? 0);
});

test("boxes never lie on each other, also in plain rows", () => {
  for (const { boxes } of [layOut(fork), layOutPlainly(fork)]) {
    const all = [...boxes.values()];
    for (const [index, one] of all.entries()) {
      for (const other of all.slice(index + 1)) {
        const isApart = Math.abs(one.x - other.x) >= BOX_WIDTH || Math.abs(one.y - other.y) >= BOX_HEIGHT;
        expect(isApart).toBe(true);
      }
    }
  }
});

test("many boxes are all laid out", () => {
  const ids = Array.from({ length: 200 }, (_, place) => `n${place}`);
  const pairs = ids.slice(1).map((id, place) => [`n${Math.floor(place / 2)}`, id] as const);
  expect(layOut(shape(ids, pairs)).boxes.size).toBe(200);
});

test("a path begins at its first point and ends at its last", () => {
  expect(pathOf([])).toBe("");
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 5, y: 5 },
    ]),
  ).toBe("M0,0L5,5");
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 5, y: 5 },
      { x: 0, y: 10 },
    ]),
  ).toBe("M0,0Q5,5 0,10");
});

test("a graph is never shown too small to be read by itself, but fits where that is asked", () => {
  const long = layOut(
    shape(
      Array.from({ length: 40 }, (_, place) => `n${place}`),
      Array.from({ length: 39 }, (_, place) => [`n${place}`, `n${place + 1}`] as const),
    ),
  );
  expect(firstView(long, screen, undefined).zoom).toBeGreaterThanOrEqual(READABLE_ZOOM);
  expect(fit(long, screen).zoom).toBeLessThan(READABLE_ZOOM);
  const view = firstView(long, screen, "n20");
  const box = long.boxes.get("n20") ?? { x: 0, y: 0 };
  expect(view.y + box.y * view.zoom).toBeCloseTo(screen.height / 2);
});

test("what is in sight stays where it is, and what is not comes just inside", () => {
  const view = { x: 0, y: 0, zoom: 1 };
  expect(reveal(view, { x: 500, y: 300 }, screen)).toEqual(view);
  expect(reveal(view, { x: 500, y: 900 }, screen).y).toBeLessThan(0);
});

test("a view survives the address, and nonsense is none", () => {
  const view = centreOn({ x: 120, y: 80 }, screen, 0.75);
  expect(readView(writeView(view, screen), screen)).toEqual(view);
  expect(["", "1_2", "a_b_c", "1_2_0", "1_2_3_4"].map((text) => readView(text, screen))).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});

test("arrow keys go along lines and among siblings", () => {
  const layout = layOut(fork);
  const flow = {
    boxes: [],
    lines: fork.lines.map((line) =>
      Object.assign({}, line, { way: "taken", nTaken: 1, condition: "" } as const),
    ),
  };
  expect(walk(flow, layout, "start", "down")).toBe("two");
  expect(walk(flow, layout, "two", "left")).toBe("one");
  expect(walk(flow, layout, "two", "right")).toBe("three");
  expect(walk(flow, layout, "three", "down")).toBe("end");
  expect(walk(flow, layout, "one", "up")).toBe("start");
  expect(walk(flow, layout, "start", "up")).toBeUndefined();
});
