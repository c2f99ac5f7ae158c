import { expect, it } from "vitest";
import { hasNames, parseCsv } from "./csv";

it("reads quoted values, line ends of both kinds, and what is empty", () => {
  expect(parseCsv('a,b\r\n"x, ""y""\nz",\n,2', 9)).toEqual([
    ["a", "b"],
    ['x, "y"\nz', ""],
    ["", "2"],
  ]);
});

it("finds out what separates, and stops where enough was read", () => {
  expect(parseCsv("a;b,c;d\n1;2;3\n4", 2)).toEqual([
    ["a", "b,c", "d"],
    ["1", "2", "3"],
  ]);
  expect(parseCsv("a\tb", 9)).toEqual([["a", "b"]]);
});

it("knows whether the first row names the columns", () => {
  expect(hasNames(parseCsv("city,range\nOslo,4.5\nRome,3", 9))).toBe(true);
  expect(hasNames(parseCsv("Oslo,4.5\nRome,-3", 9))).toBe(false);
  expect(hasNames(parseCsv("city,country\nOslo,Norway", 9))).toBe(true);
  expect(hasNames(parseCsv("1,2", 9))).toBe(true);
});

it("takes what is not right as it is", () => {
  expect(parseCsv('"open, never closed', 9)).toEqual([["open, never closed"]]);
  expect(parseCsv('"a"b,c', 9)).toEqual([["ab", "c"]]);
  expect(parseCsv("a,", 9)).toEqual([["a", ""]]);
  expect(parseCsv("", 9)).toEqual([]);
});
