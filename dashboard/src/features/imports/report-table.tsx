/** A table of a report: short, all of it in the document, with a sum below where there is one. */

import type { ReactNode } from "react";
import { classNames } from "@/ui/class-names";

export interface ReportColumn<Row> {
  readonly header: string;
  readonly meaning?: string;
  readonly isFigure?: boolean;
  /** A mark that speaks for itself: narrow screens do without its header. */
  readonly isMark?: boolean;
  /** Narrow screens do without it. */
  readonly isWide?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** What stands below all rows. */
  readonly sum?: (rows: readonly Row[]) => ReactNode;
}

interface ReportTableProps<Row> {
  readonly label: string;
  readonly columns: readonly ReportColumn<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

export function ReportTable<Row>({ label, columns, rows, keyOf }: ReportTableProps<Row>) {
  const classesOf = ({ isFigure, isWide }: ReportColumn<Row>) =>
    classNames(
      "px-2 py-1.5 first:pl-3 last:pr-3 sm:px-3 sm:first:pl-4 sm:last:pr-4",
      isFigure ? "figure text-right whitespace-nowrap" : "text-left break-words",
      isWide && "max-sm:hidden",
    );
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      <table aria-label={label} className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line bg-page text-xs text-faint">
            {columns.map((column) => (
              <th
                key={column.header}
                scope="col"
                title={column.meaning}
                className={classNames(classesOf(column), "font-medium whitespace-nowrap")}
              >
                <span className={column.isMark ? "max-sm:sr-only" : undefined}>{column.header}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-b-0">
              {columns.map((column) => (
                <td key={column.header} className={classNames(classesOf(column), "align-top")}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {columns.some(({ sum }) => sum !== undefined) && (
          <tfoot>
            <tr className="border-t border-line font-semibold">
              {columns.map((column) => (
                <td key={column.header} className={classesOf(column)}>
                  {column.sum?.(rows)}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** A figure; nothing of something is told more quietly. */
export function Amount({ children, isZero }: { readonly children: ReactNode; readonly isZero: boolean }) {
  return <span className={isZero ? "text-faint" : undefined}>{children}</span>;
}
