import { expect, test } from "vitest";
import { placeBar } from "./bar";
import { span } from "./spans.fixture";
import { scaleOf } from "./time-scale";

const SCALE = scaleOf({ from: 0, to: 100 });

test("a label stands behind its bar", () => {
  expect(placeBar(span("a", 10, 40), SCALE, 0, 0.1)).toMatchObject({ left: 0.1, label: "after" });
});

test("near the right edge a label stands before its bar", () => {
  expect(placeBar(span("a", 90, 99), SCALE, 0, 0.1)?.label).toBe("before");
});

test("where a bar fills the width its label stands on it", () => {
  expect(placeBar(span("a", 0, 100), SCALE, 0, 0.1)?.label).toBe("inside");
});

test("what lies outside has no bar, and what lies partly outside is cut", () => {
  expect(placeBar(span("a", 110, 120), SCALE, 0, 0.1)).toBeNull();
  expect(placeBar(span("a", -20, 50), SCALE, 0, 0.1)).toMatchObject({ left: 0, width: 0.5, isCutLeft: true });
});

test("what goes on grows until now", () => {
  expect(placeBar(span("a", 20, null), SCALE, 60, 0.1)?.width).toBeCloseTo(0.4);
});

test("the wait for the first token is a part of the bar", () => {
  expect(placeBar(span("a", 20, 60, { firstToken: 30 }), SCALE, 0, 0.1)?.wait).toBeCloseTo(0.25);
  expect(placeBar(span("a", -20, 20, { firstToken: -10 }), SCALE, 0, 0.1)?.wait).toBe(0);
});
