import { expect, it } from "vitest";
import { partsOf } from "./found-parts";

it("cuts a text where it has what was searched for", () => {
  const found = partsOf("Search, re-search", "SEARCH");
  expect(found.map(({ part }) => part)).toEqual(["Search", ", re-", "search"]);
  expect(found.map(({ isFound }) => isFound)).toEqual([true, false, true]);
});

it("leaves a text whole where letters have other lengths in lower case", () => {
  expect(partsOf("İx", "x")).toEqual([{ part: "İx", isFound: false, at: 0 }]);
  expect(partsOf("x", "")).toHaveLength(1);
});
