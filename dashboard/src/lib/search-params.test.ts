import { expect, it } from "vitest";
import {
  given,
  parseSearch,
  readFlag,
  readNumber,
  readText,
  readTexts,
  readWord,
  stringifySearch,
} from "./search-params";
import { readSelection, withSelection } from "./selection";

const SEARCHES: readonly Record<string, string | string[]>[] = [
  { q: "a & b = c # d ? é 🧳 %2F +" },
  { q: "123" },
  { q: "true" },
  { status: ["failed", "lost"] },
  { constructor: "x", toString: "y" },
];

it.each(SEARCHES)("%j survives the address", (search) => {
  expect({ ...parseSearch(stringifySearch(search)) }).toEqual({ ...search });
});

it("leaves out what says nothing", () => {
  expect(stringifySearch({ q: "", none: undefined, off: false })).toBe("");
  expect(given({ one: 1, none: undefined })).toEqual({ one: 1 });
});

it("takes only what is allowed", () => {
  const search = parseSearch("?sort=cost&bad=x&n=12&m=nan&s=a&s=b&s=a&flag=1");
  expect(readWord(search, "sort", ["cost", "name"])).toBe("cost");
  expect(readWord(search, "bad", ["cost"])).toBeUndefined();
  expect(readNumber(search, "n")).toBe(12);
  expect(readNumber(search, "m")).toBeUndefined();
  expect(readTexts(search, "s")).toEqual(["a", "b"]);
  expect(readText(search, "s")).toBe("a");
  expect(readFlag(search, "flag")).toBe(true);
});

it("changes the selection and nothing else", () => {
  const search = { zoom: "1", event: "e", node: "n" };
  expect(withSelection(search, { file: "f" })).toEqual({ zoom: "1", file: "f" });
  expect(readSelection(search)).toEqual({ event: "e", node: "n" });
});
