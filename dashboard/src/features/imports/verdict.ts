/** What the figures of an import come to, in words. */

import type { ImportKind, ImportReport, ImportSummary, ImportTable } from "@/api/imports";
import { formatCount, formatNumberOf } from "@/lib/format";

export type Outcome = "whole" | "refused" | "broken" | "loose";

export interface OutcomeWords {
  /** In a list. */
  readonly label: string;
  /** Above a report. */
  readonly title: string;
  readonly tone: "good" | "wait" | "bad";
}

export const OUTCOMES: Readonly<Record<Outcome, OutcomeWords>> = {
  whole: { label: "Accounted for", title: "Everything is accounted for", tone: "good" },
  refused: {
    label: "Runs refused",
    title: "Everything is accounted for, but runs were refused",
    tone: "wait",
  },
  broken: { label: "Not whole", title: "The import is not whole", tone: "bad" },
  loose: { label: "Does not add up", title: "Not everything is accounted for", tone: "bad" },
};

/** Return how an import went, the worst first. */
export function outcomeOf({
  reconciled,
  problem,
  refused,
}: Pick<ImportSummary, "reconciled" | "problem" | "refused">): Outcome {
  if (!reconciled) return "loose";
  if (problem !== null) return "broken";
  return refused > 0 ? "refused" : "whole";
}

export interface RowSums {
  readonly found: number;
  readonly stored: number;
  readonly merged: number;
  readonly leftOut: number;
}

/** Return what the rows of all tables come to. */
export function sumsOf(tables: readonly ImportTable[]): RowSums {
  let sums: RowSums = { found: 0, stored: 0, merged: 0, leftOut: 0 };
  for (const table of tables) {
    sums = {
      found: sums.found + table.found,
      stored: sums.stored + table.stored,
      merged: sums.merged + table.merged,
      leftOut: sums.leftOut + leftOutOf(table),
    };
  }
  return sums;
}

const KINDS = ["sessions", "runs", "nodes", "edges", "events", "messages", "files", "transitions"];

/** Return kinds from the large to the small, whatever came first in the import; unknown ones last. */
export function inOrder(kinds: readonly ImportKind[]): readonly ImportKind[] {
  const place = ({ kind }: ImportKind) => (KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length);
  return kinds.toSorted((one, other) => place(one) - place(other));
}

export function leftOutOf(table: ImportTable): number {
  return table.left_out.reduce((sum, { count }) => sum + count, 0);
}

/** Return sentences: what is missing or wrong, each thing for itself, or that nothing is. */
export function findingsOf(report: ImportReport): readonly string[] {
  const { found, leftOut } = sumsOf(report.tables);
  const findings = [
    ...report.tables.filter(({ reconciled }) => !reconciled).map(looseTable),
    ...report.kinds.filter(({ missing }) => missing !== 0).map(missingRows),
    ...(report.problem === null ? [] : [sentence(report.problem)]),
  ];
  if (report.reconciled) {
    const left = leftOut > 0 ? `, ${formatNumberOf(leftOut, "row")} left out with a reason` : "";
    const here = report.kinds.some(({ kept }) => kept !== null)
      ? ", and the database has all that was sent"
      : "";
    findings.push(`${formatNumberOf(found, "row")} found, all accounted for${left}${here}.`);
  }
  if (report.runs.refused > 0) {
    findings.push(
      `${formatNumberOf(report.runs.refused, "run")} ${report.runs.refused === 1 ? "was" : "were"} refused.`,
    );
  }
  if (report.dry_run) findings.push("It was a dry run: nothing was kept.");
  return findings;
}

function looseTable(table: ImportTable): string {
  const left = leftOutOf(table);
  const loose = table.found - table.stored - left;
  const told = `${formatNumberOf(table.found, "row")} found, ${formatCount(table.stored)} stored and ${formatCount(left)} left out`;
  return loose > 0
    ? `${table.table}: ${told}; nothing is said of ${formatCount(loose)}.`
    : `${table.table}: ${told}, ${formatCount(-loose)} more than there are.`;
}

function missingRows({ kind, missing }: ImportKind): string {
  return missing > 0
    ? `${formatCount(missing)} of the ${kind} that were sent are missing in the database.`
    : `${formatCount(-missing)} more ${kind} than were sent are in the database.`;
}

/** Return words with a capital letter and a full stop. */
function sentence(words: string): string {
  return `${capital(words)}${/[.!?]$/.test(words) ? "" : "."}`;
}

export function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
