/** A JSON value as rows: only those of what is open, so the cost is that of what is seen and not of the value. */

import { markOf, type Mark } from "./mark";

export type JsonPath = readonly (string | number)[];

export interface JsonRow {
  /** One for each row of a value: its path, and the line of a long text. */
  readonly id: string;
  readonly path: JsonPath;
  readonly depth: number;
  readonly value: unknown;
  readonly kind: "object" | "array" | "text" | "line" | "plain" | "mark";
  /** How many entries an object or a list has, or characters a text. */
  readonly size: number;
  readonly isOpen: boolean;
  readonly canOpen: boolean;
  readonly mark: Mark | null;
  /** A stretch of an open text. */
  readonly line?: string;
}

/** What people opened and closed, by the ids of rows; the rest is as `isOpenByDefault` says. */
export type Opened = ReadonlyMap<string, boolean>;

/** Longer texts, and those of several lines, are opened and closed like objects. */
const SHORT_TEXT = 90;
const OPEN_TEXT = 6_000;
/** Lines beyond this are broken: a row is measured, and one of a megabyte would take a second. */
const LONGEST_LINE = 500;
const OPEN_DEPTH = 2;
const OPEN_SIZE = 24;

export function jsonRows(value: unknown, opened: Opened): JsonRow[] {
  const rows: JsonRow[] = [];
  const top = rowOf(value, [], 0);
  // What the value itself is stands above it; a row that only opens and closes all of it says nothing.
  const isHeadless = top.canOpen && top.mark === null;
  addRows(rows, value, [], isHeadless ? -1 : 0, opened);
  return isHeadless ? rows.slice(1) : rows;
}

function addRows(rows: JsonRow[], value: unknown, path: JsonPath, depth: number, opened: Opened): void {
  const id = idOf(path);
  const row = rowOf(value, path, depth);
  const isOpen = row.canOpen && (path.length === 0 || (opened.get(id) ?? isOpenByDefault(row)));
  rows.push({ ...row, isOpen });
  if (!isOpen) return;
  if (row.kind === "text") {
    addLines(rows, row, value as string);
    return;
  }
  if (row.mark?.preview !== undefined && row.mark.rest === undefined) {
    addLines(rows, row, row.mark.preview);
    return;
  }
  const entries: unknown = row.mark?.rest ?? value;
  if (Array.isArray(entries)) {
    for (const [index, each] of entries.entries()) addRows(rows, each, [...path, index], depth + 1, opened);
  } else {
    for (const [key, each] of Object.entries(entries as object)) {
      addRows(rows, each, [...path, key], depth + 1, opened);
    }
  }
}

function rowOf(value: unknown, path: JsonPath, depth: number): JsonRow {
  const base = { id: idOf(path), path, depth, value, isOpen: false };
  const mark = markOf(value);
  if (mark !== null) {
    const canOpen = mark.rest !== undefined || Boolean(mark.preview);
    return { ...base, kind: "mark", size: mark.rest ? Object.keys(mark.rest).length : 0, canOpen, mark };
  }
  if (Array.isArray(value)) {
    return { ...base, kind: "array", size: value.length, canOpen: value.length > 0, mark };
  }
  if (typeof value === "object" && value !== null) {
    const size = Object.keys(value).length;
    return { ...base, kind: "object", size, canOpen: size > 0, mark };
  }
  if (typeof value === "string" && (value.length > SHORT_TEXT || value.includes("\n"))) {
    return { ...base, kind: "text", size: value.length, canOpen: true, mark };
  }
  return { ...base, kind: "plain", size: 0, canOpen: false, mark };
}

function isOpenByDefault(row: JsonRow): boolean {
  if (row.kind === "text") return row.size <= OPEN_TEXT && row.depth <= OPEN_DEPTH + 1;
  if (row.kind === "mark") return row.mark?.preview === undefined && row.depth < OPEN_DEPTH;
  return row.depth < OPEN_DEPTH && row.size <= OPEN_SIZE;
}

function addLines(rows: JsonRow[], owner: JsonRow, text: string): void {
  for (const [number, line] of linesOf(text).entries()) {
    rows.push({
      id: `${owner.id} ${number}`,
      path: owner.path,
      depth: owner.depth + 1,
      value: line,
      kind: "line",
      size: 0,
      isOpen: false,
      canOpen: false,
      mark: null,
      line,
    });
  }
}

/** Return the lines of a text, the long ones in pieces. */
export function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.length <= LONGEST_LINE) {
      lines.push(line);
      continue;
    }
    for (let begin = 0; begin < line.length; begin += LONGEST_LINE) {
      lines.push(line.slice(begin, begin + LONGEST_LINE));
    }
  }
  return lines;
}

/** Return the paths of keys and values that have a text in them, in the order of rows, at most so many. */
export function findInJson(value: unknown, text: string, most = 1_000): JsonPath[] {
  const found: JsonPath[] = [];
  const wanted = text.toLowerCase();
  if (!wanted) return found;
  const look = (each: unknown, path: JsonPath): void => {
    if (found.length >= most) return;
    const key = path.at(-1);
    const isContainer = typeof each === "object" && each !== null;
    if (
      (typeof key === "string" && key.toLowerCase().includes(wanted)) ||
      (!isContainer && String(each).toLowerCase().includes(wanted))
    ) {
      found.push(path);
    }
    if (Array.isArray(each)) for (const [index, entry] of each.entries()) look(entry, [...path, index]);
    else if (isContainer) for (const [name, entry] of Object.entries(each)) look(entry, [...path, name]);
  };
  look(value, []);
  return found;
}

/** Return what must be open for a path to have a row, with what it leads to. */
export function openedTo(opened: Opened, path: JsonPath): Opened {
  const next = new Map(opened);
  for (let length = 0; length <= path.length; length++) next.set(idOf(path.slice(0, length)), true);
  return next;
}

/** Return the path as programs write it: outputs.rows[3].name, outputs["a b"] */
export function formatPath(root: string, path: JsonPath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number"
        ? `${text}[${part}]`
        : /^[A-Za-z_$][\w$]*$/.test(part)
          ? `${text}.${part}`
          : `${text}[${JSON.stringify(part)}]`,
    root,
  );
}

/** Return a value as text to copy: a text as it is, all else as JSON. */
export function copyOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Return an address of a path that no other path has (as JSON Pointer has it). */
export function idOf(path: JsonPath): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Return the parts of a text that are a match and those that are not, in turn; the first is not. */
export function splitMatches(text: string, wanted: string): string[] {
  if (!wanted) return [text];
  const parts: string[] = [];
  const lower = text.toLowerCase();
  const find = wanted.toLowerCase();
  // Some letters have another length in lower case, and then places would not be the same.
  if (lower.length !== text.length) return [text];
  let begin = 0;
  for (let at = lower.indexOf(find); at !== -1; at = lower.indexOf(find, begin)) {
    parts.push(text.slice(begin, at), text.slice(at, at + find.length));
    begin = at + find.length;
  }
  parts.push(text.slice(begin));
  return parts;
}
