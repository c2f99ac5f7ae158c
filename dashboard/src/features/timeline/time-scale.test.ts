import { expect, test } from "vitest";
import { buildTree } from "./span-tree";
import { span } from "./spans.fixture";
import { idleGapsOf, offerOf, scaleOf, spacedTicks, ticksOf, within, zoomed } from "./time-scale";

const WHOLE = { from: 0, to: 100_000 };

test("a scale leads from times to shares of the width and back", () => {
  const scale = scaleOf({ from: 100, to: 300 });
  expect([scale.place(100), scale.place(200), scale.place(300), scale.place(0)]).toEqual([0, 0.5, 1, -0.5]);
  expect(scale.time(0.25)).toBe(150);
});

test("a gap is drawn short, and times in it are found again", () => {
  const scale = scaleOf(WHOLE, [{ from: 10_000, to: 90_000 }]);
  expect(scale.place(90_000) - scale.place(10_000)).toBeLessThan(0.05);
  expect([scale.place(0), scale.place(100_000)]).toEqual([0, 1]);
  for (const ms of [0, 5_000, 10_000, 40_000, 90_000, 99_000]) {
    expect(scale.time(scale.place(ms))).toBeCloseTo(ms, 3);
  }
});

test("a scale never goes backwards", () => {
  const scale = scaleOf({ from: 20_000, to: 100_000 }, [
    { from: 10_000, to: 30_000 },
    { from: 95_000, to: 120_000 },
  ]);
  const places = Array.from({ length: 50 }, (_, number) => scale.place(number * 2_500));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});

test("idle is when no call goes on, though the step around it does", () => {
  const tree = buildTree([
    span("step", 0, 100_000, { type: "step" }),
    span("call", 0, 10_000, { parentId: "step" }),
    span("later", 80_000, 100_000, { parentId: "step" }),
  ]);
  const gaps = idleGapsOf(tree, WHOLE, 100_000);
  expect(gaps).toEqual([{ from: 10_000, to: 80_000 }]);
  expect(offerOf(gaps, WHOLE)).toEqual({ ms: 70_000, share: 0.7 });
});

test("a call that has children of its own is not idle between them", () => {
  const tree = buildTree([
    span("call", 0, 100_000),
    span("part", 0, 10_000, { parentId: "call" }),
    span("rest", 80_000, 100_000, { parentId: "call" }),
  ]);
  expect(idleGapsOf(tree, WHOLE, 100_000)).toEqual([]);
});

test("short gaps are nothing to offer", () => {
  const tree = buildTree([span("a", 0, 49_000), span("b", 50_000, 100_000)]);
  expect(offerOf(idleGapsOf(tree, WHOLE, 100_000), WHOLE)).toBeNull();
});

test("ticks are round and not too many", () => {
  expect(ticksOf(scaleOf({ from: 0, to: 61_000 }), 0, 6)).toEqual([0, 15_000, 30_000, 45_000, 60_000]);
  expect(ticksOf(scaleOf({ from: 3.2, to: 4.1 }), 0, 5).map((tick) => Number(tick.toFixed(3)))).toEqual([
    3.2, 3.4, 3.6, 3.8, 4,
  ]);
});

test("ticks keep their distance where gaps are short", () => {
  const scale = scaleOf(WHOLE, [{ from: 10_000, to: 90_000 }]);
  const places = spacedTicks(scale, 0, 5).map((tick) => scale.place(tick));
  const steps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  expect(Math.min(...steps)).toBeGreaterThan(0.1);
});

test("zooming keeps the time under the pointer, and stays within the whole", () => {
  const half = zoomed(WHOLE, 0.5, 20_000, WHOLE);
  expect(half).toEqual({ from: 10_000, to: 60_000 });
  expect(zoomed(half, 10, 20_000, WHOLE)).toEqual(WHOLE);
  expect(within({ from: -5_000, to: 5_000 }, WHOLE)).toEqual({ from: 0, to: 10_000 });
});
