/** Unified diffs as lines with their numbers. Nothing is compared here: the text tells what was. */

export interface FileDiff {
  readonly path: string;
  readonly diff: string;
}

export interface DiffLine {
  readonly kind: "hunk" | "added" | "removed" | "same" | "note";
  readonly text: string;
  /** Its number in the file before and after; null where it is not in that file. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface ParsedDiff {
  readonly lines: readonly DiffLine[];
  readonly nAdded: number;
  readonly nRemoved: number;
  readonly isNew: boolean;
  readonly isDeleted: boolean;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

export function parseDiff(diff: string): ParsedDiff {
  const lines: DiffLine[] = [];
  let [before, after, beforeLeft, afterLeft] = [0, 0, 0, 0];
  let [nAdded, nRemoved] = [0, 0];
  let [isNew, isDeleted] = [false, false];
  const texts = diff.split("\n");
  if (texts.at(-1) === "") texts.pop();
  for (const text of texts) {
    const hunk = HUNK.exec(text);
    const sign = text.charAt(0);
    // A removed line may begin with dashes itself, so how many lines a hunk has decides what belongs to it.
    if (beforeLeft > 0 && sign === "-") {
      lines.push({ kind: "removed", text: text.slice(1), before: before++, after: null });
      beforeLeft -= 1;
      nRemoved += 1;
    } else if (afterLeft > 0 && sign === "+") {
      lines.push({ kind: "added", text: text.slice(1), before: null, after: after++ });
      afterLeft -= 1;
      nAdded += 1;
    } else if (beforeLeft > 0 && afterLeft > 0 && (sign === " " || sign === "")) {
      lines.push({ kind: "same", text: text.slice(1), before: before++, after: after++ });
      beforeLeft -= 1;
      afterLeft -= 1;
    } else if (hunk) {
      [before, beforeLeft] = [Number(hunk[1]), Number(hunk[2] ?? 1)];
      [after, afterLeft] = [Number(hunk[3]), Number(hunk[4] ?? 1)];
      lines.push({ kind: "hunk", text, before: null, after: null });
    } else if (text.startsWith("--- ")) isNew ||= text.startsWith("--- /dev/null");
    else if (text.startsWith("+++ ")) isDeleted ||= text.startsWith("+++ /dev/null");
    else if (text) lines.push({ kind: "note", text: text.replace(/^\\ /, ""), before: null, after: null });
  }
  return { lines, nAdded, nRemoved, isNew, isDeleted };
}
