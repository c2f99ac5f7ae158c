/**
 * Tables of things: sorted by the server, read page by page, with only those rows in the document that are seen.
 *
 * Each row has one link, which covers it. `j` and `k` go from link to link, Enter follows, and `x` picks, where rows
 * can be picked.
 */

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { formatCount } from "@/lib/format";
import type { Sort } from "@/lib/sort";
import { Checkbox } from "./checkbox";
import { classNames } from "./class-names";
import { useShortcut } from "./shortcuts";

export interface Column<Row, Key extends string = string> {
  readonly id: string;
  readonly header: string;
  /** What the figures of the column mean, where the header is too short to say it. */
  readonly meaning?: string;
  /** Its width, as CSS; the column without one takes what is left. */
  readonly width?: string;
  readonly align?: "start" | "end";
  /** Screens below this width do without it. */
  readonly from?: "sm" | "md" | "lg" | "xl";
  readonly sortBy?: Key;
  readonly cell: (row: Row) => ReactNode;
}

export interface Picking {
  readonly picked: ReadonlySet<string>;
  readonly onPick: (picked: ReadonlySet<string>) => void;
}

interface TableProps<Row, Key extends string> {
  /** What it is a table of; told to screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row, Key>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  /** How a row is called where it is picked. */
  readonly nameOf: (row: Row) => string;
  readonly sort?: Sort<Key>;
  readonly onSort?: (by: Key) => void;
  readonly picking?: Picking;
  /** How many rows there are, if more than those that were read. */
  readonly total?: number;
  readonly hasMore?: boolean;
  readonly onMore?: () => void;
  /** The height of a row in pixels; all are equally high. */
  readonly rowHeight?: number;
  /** What stands above the rows, and scrolls with them. It stays as it is when rows come or go. */
  readonly top?: ReactNode;
  /** What is there as long as there are no rows. */
  readonly instead?: ReactNode;
}

const FROM: Record<NonNullable<Column<never>["from"]>, string> = {
  sm: "max-sm:hidden",
  md: "max-md:hidden",
  lg: "max-lg:hidden",
  xl: "max-xl:hidden",
};
const OVERSCAN = 12;
const NEAR_END = 25;
const HEAD_HEIGHT = 32;

export function Table<Row, Key extends string = string>(props: TableProps<Row, Key>) {
  const { label, columns, rows, idOf, picking, hasMore, onMore, rowHeight = 40, total, top, instead } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const table = useRef<HTMLTableElement>(null);
  const [margin, setMargin] = useState(0);
  const hasRows = rows.length > 0;
  useEffect(() => {
    setMargin(table.current?.offsetTop ?? 0);
  }, [top, hasRows]);
  // Its functions change what they return without changing themselves, so nothing here is remembered by the compiler.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: margin + HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT + 8,
    scrollPaddingEnd: 8,
  });
  const seen = virtualizer.getVirtualItems();
  const lastSeen = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastSeen >= rows.length - NEAR_END) onMore?.();
  }, [hasMore, lastSeen, rows.length, onMore]);

  // Keys may come quicker than rows come into the document: they go on from the row that is aimed at.
  const aimed = useRef<number | null>(null);
  const focusAimed = () => {
    if (aimed.current !== null) linkOf(table.current, aimed.current)?.focus();
    aimed.current = null;
  };
  const step = (by: number) => {
    const current = aimed.current ?? currentRow(table.current);
    const index = Math.max(0, Math.min(rows.length - 1, current === undefined ? 0 : current + by));
    virtualizer.scrollToIndex(index);
    const link = linkOf(table.current, index);
    link?.focus({ preventScroll: true });
    aimed.current = link ? null : index;
    // A row that is not there yet comes with the next frame.
    if (!link) requestAnimationFrame(() => requestAnimationFrame(focusAimed));
  };
  useShortcut({ keys: "j", label: "Next row", group: "Tables" }, () => step(1), hasRows);
  useShortcut({ keys: "k", label: "Previous row", group: "Tables" }, () => step(-1), hasRows);
  const pickCurrent = () => {
    const row = rows[currentRow(table.current) ?? -1];
    if (row !== undefined && picking) picking.onPick(toggled(picking.picked, idOf(row)));
  };
  useShortcut(
    { keys: "x", label: "Pick the row", group: "Tables" },
    pickCurrent,
    hasRows && picking !== undefined,
  );

  const before = (seen[0]?.start ?? margin + HEAD_HEIGHT) - margin - HEAD_HEIGHT;
  const after = virtualizer.getTotalSize() - before - seen.length * rowHeight;
  return (
    <div ref={scroller} className="relative h-full overflow-auto" data-table-scroller>
      {top}
      {hasRows || instead === undefined ? (
        <table
          ref={table}
          aria-label={label}
          aria-rowcount={hasMore ? (total ?? -1) : rows.length + 1}
          className="w-full table-fixed border-separate border-spacing-0 bg-surface"
        >
          <TableHead {...props} />
          <tbody>
            {before > 0 && <Spacer height={before} />}
            {seen.map(({ index }) => {
              const row = rows[index];
              if (row === undefined) return null;
              const id = idOf(row);
              return (
                <TableRow
                  key={id}
                  row={row}
                  id={id}
                  index={index}
                  name={props.nameOf(row)}
                  columns={columns as readonly Column<Row>[]}
                  rowHeight={rowHeight}
                  picking={picking}
                />
              );
            })}
            {after > 0 && <Spacer height={after} />}
          </tbody>
        </table>
      ) : (
        instead
      )}
      {hasMore && <p className="px-5 py-3 text-xs text-faint">Reading more…</p>}
    </div>
  );
}

function TableHead<Row, Key extends string>({
  columns,
  rows,
  idOf,
  sort,
  onSort,
  picking,
}: TableProps<Row, Key>) {
  return (
    <thead>
      <tr className="h-8">
        {picking && (
          <th scope="col" className={classNames(HEAD, "w-9 pr-0 pl-4 sm:pl-5")}>
            <PickAll ids={rows.map(idOf)} picking={picking} />
          </th>
        )}
        {columns.map((column) => {
          const { sortBy } = column;
          const isSorted = sortBy !== undefined && sort?.by === sortBy;
          const Arrow = sort?.isDescending ? ArrowDown : ArrowUp;
          return (
            <th
              key={column.id}
              scope="col"
              title={column.meaning}
              style={column.width ? { width: column.width } : undefined}
              aria-sort={isSorted ? (sort.isDescending ? "descending" : "ascending") : undefined}
              className={classNames(
                HEAD,
                CELL_PADDING,
                column.from && FROM[column.from],
                column.align === "end" ? "text-right" : "text-left",
              )}
            >
              {sortBy !== undefined && onSort ? (
                <button
                  type="button"
                  onClick={() => onSort(sortBy)}
                  className={classNames(
                    "inline-flex h-6 items-center gap-1 rounded-sm hover:text-text",
                    isSorted && "text-text",
                    column.align === "end" && "flex-row-reverse",
                  )}
                >
                  {column.header}
                  <Arrow
                    aria-hidden
                    size={12}
                    strokeWidth={2.5}
                    className={classNames("shrink-0", isSorted ? "text-accent" : "opacity-0")}
                  />
                </button>
              ) : (
                column.header
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

const HEAD =
  "sticky top-0 z-10 h-8 border-b border-line bg-page text-xs font-medium text-faint whitespace-nowrap overflow-hidden";
const CELL_PADDING = "px-3 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5";

interface TableRowProps<Row> {
  readonly row: Row;
  readonly id: string;
  readonly index: number;
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly rowHeight: number;
  readonly picking: Picking | undefined;
}

function TableRow<Row>({ row, id, index, name, columns, rowHeight, picking }: TableRowProps<Row>) {
  const isPicked = picking?.picked.has(id) ?? false;
  return (
    <tr
      data-row={index}
      aria-rowindex={index + 2}
      style={{ height: rowHeight }}
      className={classNames(
        "group/row relative focus-within:bg-hover",
        isPicked ? "bg-selected" : "hover:bg-hover",
      )}
    >
      {picking && (
        <td className="relative z-[1] border-b border-line py-0 pr-0 pl-4 sm:pl-5">
          <Checkbox
            label={`Pick ${name}`}
            isOn={isPicked}
            onToggle={() => picking.onPick(toggled(picking.picked, id))}
          />
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.id}
          className={classNames(
            "overflow-hidden border-b border-line py-0 whitespace-nowrap",
            CELL_PADDING,
            column.from && FROM[column.from],
            column.align === "end" && "figure text-right",
          )}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function PickAll({ ids, picking }: { readonly ids: readonly string[]; readonly picking: Picking }) {
  const nPicked = ids.filter((id) => picking.picked.has(id)).length;
  const areAll = ids.length > 0 && nPicked === ids.length;
  return (
    <Checkbox
      label={`Pick all ${formatCount(ids.length)} that are read`}
      isOn={areAll}
      isPartly={nPicked > 0 && !areAll}
      onToggle={() => picking.onPick(areAll ? new Set() : new Set(ids))}
    />
  );
}

/** The room of the rows that are not in the document. */
function Spacer({ height }: { readonly height: number }) {
  return <tr aria-hidden style={{ height }} />;
}

/** The classes of the one link of a row, which covers the row. */
export const ROW_LINK = "row-link outline-none after:absolute after:inset-0 focus-visible:after:shadow-focus";

function currentRow(table: HTMLTableElement | null): number | undefined {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]");
  return row && table?.contains(row) ? Number(row.dataset["row"]) : undefined;
}

function linkOf(table: HTMLTableElement | null, index: number): HTMLElement | null {
  return table?.querySelector<HTMLElement>(`[data-row="${index}"] .row-link`) ?? null;
}

function toggled(picked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(picked);
  if (!next.delete(id)) next.add(id);
  return next;
}
