import { expect, it } from "vitest";
import type { Run } from "../runs";
import { withRuns } from "./caches";

const run = (runId: string, status = "executing") => ({ run_id: runId, status }) as Run;
const pagesOf = (...pages: Run[][]) => ({
  pages: pages.map((runs) => ({ runs, next_cursor: null })),
  pageParams: [],
});

it("puts what changed in its place, and takes out what was deleted", () => {
  const { pages, found } = withRuns(
    pagesOf([run("a"), run("b")], [run("c")]),
    [run("c", "failed")],
    new Set(["a"]),
  );
  expect(pages.pages.map((page) => page.runs)).toEqual([[run("b")], [run("c", "failed")]]);
  expect([...found]).toEqual(["c"]);
});

it("leaves pages as they are where nothing of theirs changed", () => {
  const before = pagesOf([run("a")]);
  expect(withRuns(before, [run("x")], new Set()).pages).toBe(before);
});
