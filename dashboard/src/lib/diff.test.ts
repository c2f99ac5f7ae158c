import { expect, test } from "vitest";
import { parseDiff } from "./diff";

const DIFF = `--- a/notes.txt
+++ b/notes.txt
@@ -3,4 +3,5 @@ def main():
 same
--- a list begins
+++ b is counted up
+more

\\ No newline at end of file
`;

test("lines of a diff have their numbers in both files, whatever they begin with", () => {
  const { lines, nAdded, nRemoved } = parseDiff(DIFF);
  expect(lines.map(({ kind, before, after, text }) => [kind, before, after, text])).toEqual([
    ["hunk", null, null, "@@ -3,4 +3,5 @@ def main():"],
    ["same", 3, 3, "same"],
    ["removed", 4, null, "-- a list begins"],
    ["added", null, 4, "++ b is counted up"],
    ["added", null, 5, "more"],
    ["same", 5, 6, ""],
    ["note", null, null, "No newline at end of file"],
  ]);
  expect([nAdded, nRemoved]).toEqual([2, 1]);
});

test("a new file and a deleted one are told by where they come from and go to", () => {
  const made = parseDiff("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x = 1\n");
  const gone = parseDiff("--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n");
  expect([made.isNew, made.isDeleted, made.nAdded]).toEqual([true, false, 1]);
  expect([gone.isNew, gone.isDeleted, gone.nRemoved]).toEqual([false, true, 1]);
});

test("what is no diff is shown as it is, and nothing as nothing", () => {
  expect(parseDiff("Binary files differ").lines.map(({ kind }) => kind)).toEqual(["note"]);
  expect(parseDiff("").lines).toEqual([]);
});
