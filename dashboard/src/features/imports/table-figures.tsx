import { Check, TriangleAlert } from "lucide-react";
import type { ImportKind, ImportTable } from "@/api/imports";
import { formatCount, formatNumberOf, UNKNOWN } from "@/lib/format";
import { Amount, ReportTable, type ReportColumn } from "./report-table";
import { inOrder, leftOutOf, sumsOf } from "./verdict";

/** What became of the rows of each table of the old database. */
export function TableFigures({ tables }: { readonly tables: readonly ImportTable[] }) {
  const filled = tables.filter(({ found, reconciled }) => found > 0 || !reconciled);
  const empty = tables.filter((table) => !filled.includes(table));
  return (
    <>
      <ReportTable label="Rows by table" columns={TABLES} rows={filled} keyOf={({ table }) => table} />
      {empty.length > 0 && (
        <p className="mt-2 text-xs text-faint [overflow-wrap:anywhere]">
          {formatNumberOf(empty.length, "table")} without rows: {empty.map(({ table }) => table).join(", ")}
        </p>
      )}
    </>
  );
}

const TABLES: readonly ReportColumn<ImportTable>[] = [
  {
    header: "Table",
    cell: ({ table }) => <bdi className="font-mono text-xs [overflow-wrap:anywhere]">{table}</bdi>,
    sum: () => "All",
  },
  {
    header: "Found",
    isFigure: true,
    cell: ({ found }) => formatCount(found),
    sum: (tables) => formatCount(sumsOf(tables).found),
  },
  {
    header: "Stored",
    meaning: "Rows that are told of here",
    isFigure: true,
    cell: ({ stored, merged }) => (
      <>
        {formatCount(stored)}
        {merged > 0 && (
          <span className="block text-2xs text-faint sm:hidden">{formatCount(merged)} merged</span>
        )}
      </>
    ),
    sum: (tables) => formatCount(sumsOf(tables).stored),
  },
  {
    header: "Merged",
    meaning: "Of those that are stored: told of in another row's place",
    isFigure: true,
    isWide: true,
    cell: ({ merged }) => <Amount isZero={merged === 0}>{formatCount(merged)}</Amount>,
    sum: (tables) => formatCount(sumsOf(tables).merged),
  },
  {
    header: "Left out",
    meaning: "Rows that were not taken, each with a reason",
    isFigure: true,
    cell: (table) => <Amount isZero={leftOutOf(table) === 0}>{formatCount(leftOutOf(table))}</Amount>,
    sum: (tables) => formatCount(sumsOf(tables).leftOut),
  },
  {
    header: "Adds up",
    isMark: true,
    meaning: "Found is stored and left out",
    cell: ({ reconciled }) => <Sound isSound={reconciled} words={reconciled ? "yes" : "no"} />,
  },
];

/** What the rows became here: what was sent, and what the database then had of it. */
export function KindFigures({ kinds }: { readonly kinds: readonly ImportKind[] }) {
  return (
    <ReportTable label="Rows by kind" columns={KINDS} rows={inOrder(kinds)} keyOf={({ kind }) => kind} />
  );
}

const KINDS: readonly ReportColumn<ImportKind>[] = [
  { header: "Kind", cell: ({ kind }) => kind },
  { header: "Sent", isFigure: true, cell: ({ sent }) => formatCount(sent) },
  {
    header: "Made",
    meaning: "Of those that were sent: made by the repair, without a row of that kind in the old database",
    isFigure: true,
    cell: ({ made }) => <Amount isZero={made === 0}>{formatCount(made)}</Amount>,
  },
  {
    header: "Here",
    meaning: "Counted in the database, over the runs of this import",
    isFigure: true,
    cell: ({ kept }) => (kept === null ? UNKNOWN : formatCount(kept)),
  },
  {
    header: "All there",
    cell: ({ sent, kept, missing }) => {
      if (kept === null) return <span className="text-faint">not counted</span>;
      if (missing === 0 && kept > sent) return <Sound isSound words="yes" note="and more from before" />;
      if (missing === 0) return <Sound isSound words="yes" />;
      const words = missing > 0 ? `${formatCount(missing)} missing` : `${formatCount(-missing)} too many`;
      return <Sound isSound={false} words={words} />;
    },
  },
];

interface SoundProps {
  readonly isSound: boolean;
  readonly words: string;
  readonly note?: string;
}

function Sound({ isSound, words, note }: SoundProps) {
  if (!isSound) {
    return (
      <span className="inline-flex items-center gap-1 font-medium text-bad">
        <TriangleAlert aria-hidden size={13} className="shrink-0" /> {words}
      </span>
    );
  }
  return (
    <>
      <span className="inline-flex items-center gap-1 text-good">
        <Check aria-hidden size={14} /> <span className="max-sm:sr-only">{words}</span>
      </span>
      {note !== undefined && <span className="block text-2xs text-faint">{note}</span>}
    </>
  );
}
