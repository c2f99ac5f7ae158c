import { expect, test } from "vitest";
import { branchOf } from "./branch";

test("a branch tells what it tries, from where, and what it does otherwise", () => {
  const branch = { from_node: "search", hypothesis: "fewer sources do", overrides: { n_sources: 3 } };
  expect(branchOf({ branch, other: 1 })).toEqual({
    hypothesis: "fewer sources do",
    fromNode: "search",
    overrides: [["n_sources", 3]],
  });
});

test("a branch of an old database tells so, too", () => {
  const branch = { branch_id: "b", branch_name: "cheaper", parent_step_id: "step_1" };
  expect(branchOf({ branch })).toEqual({ hypothesis: "cheaper", fromNode: "step_1", overrides: [] });
});

test("other runs are no branches, whatever their metadata", () => {
  for (const metadata of [{}, null, { branch: "main" }, { branch: {} }, { branch: ["a"] }]) {
    expect(branchOf(metadata)).toBeNull();
  }
});
