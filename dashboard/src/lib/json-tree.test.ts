import { expect, test } from "vitest";
import { copyOf, findInJson, formatPath, idOf, jsonRows, linesOf, openedTo, splitMatches } from "./json-tree";

const CLOSED = new Map<string, boolean>();
const shown = (value: unknown, opened = CLOSED) =>
  jsonRows(value, opened).map((row) => `${" ".repeat(row.depth)}${formatPath("v", row.path)} ${row.kind}`);

test("small objects are open, and the value itself has no row", () => {
  expect(shown({ a: 1, b: { c: null } })).toEqual(["v.a plain", "v.b object", " v.b.c plain"]);
});

test("long lists are closed until somebody opens them", () => {
  const value = { rows: Array.from({ length: 1_000 }, () => 1) };
  expect(shown(value)).toEqual(["v.rows array"]);
  expect(shown(value, new Map([["/rows", true]]))).toHaveLength(1_001);
});

test("a text of several lines has a row for each", () => {
  expect(shown({ text: "one\ntwo" })).toEqual(["v.text text", " v.text line", " v.text line"]);
});

test("long lines are broken", () => {
  expect(linesOf("x".repeat(1_200)).map((line) => line.length)).toEqual([500, 500, 200]);
});

test("a mark is shown as what it means", () => {
  const [row] = jsonRows({ body: { $truncated: "size", size_bytes: 12 } }, CLOSED);
  expect(row).toMatchObject({ kind: "mark", mark: { words: "too large to be kept", sizeBytes: 12 } });
});

test("keys and values are found, and their paths can be opened", () => {
  const value = { list: [{ name: "Needle" }, { needle: 3 }] };
  const found = findInJson(value, "needle");
  expect(found).toEqual([
    ["list", 0, "name"],
    ["list", 1, "needle"],
  ]);
  const opened = openedTo(new Map([["/list", false]]), found[0] ?? []);
  expect(shown(value, new Map(opened))).toContain("  v.list[0].name plain");
});

test("not more is found than is asked for", () => {
  expect(
    findInJson(
      Array.from({ length: 50 }, () => "x"),
      "x",
      7,
    ),
  ).toHaveLength(7);
});

test("paths are written as programs write them", () => {
  expect(formatPath("outputs", ["rows", 3, "a b", "c"])).toBe('outputs.rows[3]["a b"].c');
});

test("ids of different paths differ", () => {
  expect(idOf(["a/b"])).not.toBe(idOf(["a", "b"]));
  expect(idOf(["a~1b"])).not.toBe(idOf(["a/b"]));
});

test("texts are copied as they are, and all else as JSON", () => {
  expect(copyOf("a\nb")).toBe("a\nb");
  expect(copyOf({ a: 1 })).toBe('{\n  "a": 1\n}');
});

test("matches are told apart from what is around them", () => {
  expect(splitMatches("One one", "one")).toEqual(["", "One", " ", "one", ""]);
  expect(splitMatches("nothing", "")).toEqual(["nothing"]);
});
