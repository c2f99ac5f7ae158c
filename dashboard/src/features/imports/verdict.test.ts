import { describe, expect, it } from "vitest";
import type { ImportKind, ImportReport, ImportTable } from "@/api/imports";
import { findingsOf, inOrder, outcomeOf, sumsOf } from "./verdict";

const table = (name: string, figures: Partial<ImportTable> = {}): ImportTable => ({
  table: name,
  found: 0,
  stored: 0,
  merged: 0,
  left_out: [],
  reconciled: true,
  ...figures,
});

const kind = (name: string, figures: Partial<ImportKind> = {}): ImportKind => ({
  kind: name,
  sent: 0,
  made: 0,
  kept: 0,
  missing: 0,
  ...figures,
});

const report = (figures: Partial<ImportReport> = {}): ImportReport => ({
  import_id: "1",
  who: null,
  kind: "legacy workflow database",
  source: "old.db",
  started_at: "2026-01-01T00:00:00Z",
  ended_at: "2026-01-01T00:00:01Z",
  into: null,
  dry_run: false,
  runs: { new: 1, same: 0, changed: 0, refused: 0, renamed: 0 },
  tables: [],
  repairs: [],
  kinds: [],
  problem: null,
  refused_runs: [],
  renamed_runs: [],
  reconciled: true,
  ...figures,
});

const left = (count: number) => ({ reason: "no such run", count, examples: [] });

describe("outcomeOf", () => {
  it("tells the worst that is true of an import", () => {
    expect(outcomeOf({ reconciled: true, problem: null, refused: 0 })).toBe("whole");
    expect(outcomeOf({ reconciled: true, problem: null, refused: 2 })).toBe("refused");
    expect(outcomeOf({ reconciled: true, problem: "it broke off", refused: 2 })).toBe("broken");
    expect(outcomeOf({ reconciled: false, problem: "it broke off", refused: 2 })).toBe("loose");
  });
});

describe("sumsOf", () => {
  it("adds up the rows of all tables, and of all reasons", () => {
    const tables = [
      table("runs", { found: 5, stored: 5, merged: 1 }),
      table("events", { found: 10, stored: 6, left_out: [left(1), left(3)] }),
    ];
    expect(sumsOf(tables)).toEqual({ found: 15, stored: 11, merged: 1, leftOut: 4 });
  });
});

describe("inOrder", () => {
  it("puts kinds in one order, and those that are not known last", () => {
    const kinds = ["spans", "events", "runs", "sessions"].map((name) => kind(name));
    expect(inOrder(kinds).map((each) => each.kind)).toEqual(["sessions", "runs", "events", "spans"]);
  });
});

describe("findingsOf", () => {
  it("says that all is accounted for", () => {
    const tables = [table("runs", { found: 1, stored: 1 })];
    expect(findingsOf(report({ tables, kinds: [kind("runs", { sent: 1, kept: 1 })] }))).toEqual([
      "1 row found, all accounted for, and the database has all that was sent.",
    ]);
  });

  it("says how many rows were left out", () => {
    const tables = [table("events", { found: 1_002, stored: 1_000, left_out: [left(2)] })];
    expect(findingsOf(report({ tables }))).toEqual([
      "1,002 rows found, all accounted for, 2 rows left out with a reason.",
    ]);
  });

  it("names the tables of which rows are loose", () => {
    const tables = [
      table("events", { found: 10, stored: 6, left_out: [left(1)], reconciled: false }),
      table("files", { found: 1, stored: 2, reconciled: false }),
      table("runs", { found: 3, stored: 3 }),
    ];
    expect(findingsOf(report({ tables, reconciled: false }))).toEqual([
      "events: 10 rows found, 6 stored and 1 left out; nothing is said of 3.",
      "files: 1 row found, 2 stored and 0 left out, 1 more than there are.",
    ]);
  });

  it("names what the database does not have, or has too much of", () => {
    const kinds = [
      kind("events", { sent: 9, kept: 7, missing: 2 }),
      kind("edges", { sent: 1, kept: 4, missing: -3 }),
      kind("runs", { sent: 1, kept: 1 }),
    ];
    expect(findingsOf(report({ kinds, reconciled: false }))).toEqual([
      "2 of the events that were sent are missing in the database.",
      "3 more edges than were sent are in the database.",
    ]);
  });

  it("tells a problem of the whole, refused runs and a dry run", () => {
    const runs = { new: 0, same: 0, changed: 0, refused: 1, renamed: 0 };
    expect(findingsOf(report({ problem: "it ends in the middle", runs, dry_run: true }))).toEqual([
      "It ends in the middle.",
      "0 rows found, all accounted for.",
      "1 run was refused.",
      "It was a dry run: nothing was kept.",
    ]);
  });
});
