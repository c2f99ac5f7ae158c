/**
 * Small charts over time, as pictures that can be read without seeing them: the figures are a table as well.
 *
 * A pointer or the arrow keys tell one bucket; dragging chooses several. All charts beside each other share both.
 */

import { Table2 } from "lucide-react";
import {
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { bandsOf, linePath, lonePlaces, niceMost } from "@/lib/scale";
import { IconButton } from "../button";
import { classNames } from "../class-names";

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** The classes of its colour: `fill-…` for bars, `stroke-…` for lines. */
  readonly className: string;
}

export interface Stretch {
  readonly first: number;
  readonly last: number;
}

interface ChartProps {
  readonly title: string;
  /** The figure of the whole period, where it is not told elsewhere. */
  readonly total?: ReactNode;
  readonly kind: "bars" | "lines";
  /** Bars stand on each other, the first at the bottom. */
  readonly series: readonly Series[];
  /** A line over the bars with a scale of its own, such as what they add up to. */
  readonly over?: Series;
  /** What each bucket is called. */
  readonly buckets: readonly string[];
  readonly format: (value: number) => string;
  readonly pointed: number | null;
  readonly onPoint: (index: number | null) => void;
  readonly chosen: Stretch | null;
  readonly onChoose: (stretch: Stretch | null) => void;
  /** Leads to what is behind a bucket: by a click, by Enter, and from the table. */
  readonly onOpen?: ((index: number) => void) | undefined;
}

const HEIGHT = 72;

export function Chart(props: ChartProps) {
  const { title, total, series, over, buckets, format, pointed } = props;
  const [isTable, setTable] = useState(false);
  const titleId = useId();
  return (
    <section
      aria-labelledby={titleId}
      className="flex min-w-60 flex-1 basis-60 flex-col px-4 pt-3 pb-2 sm:px-5"
    >
      <div className="flex items-start gap-2">
        <div className="min-w-0">
          <h2 id={titleId} className="text-xs font-medium text-faint">
            {title}
          </h2>
          {total !== undefined && <p className="figure text-lg font-semibold tracking-tight">{total}</p>}
        </div>
        <Legend
          series={over ? [...series, over] : series}
          format={format}
          pointed={pointed}
          bucket={pointed === null ? undefined : buckets[pointed]}
        />
        <IconButton
          icon={Table2}
          label={isTable ? `${title} as a chart` : `${title} as a table`}
          aria-pressed={isTable}
          onClick={() => setTable(!isTable)}
          className="-mt-1 -mr-2 ml-auto"
        />
      </div>
      {isTable ? <Figures {...props} /> : <Plot {...props} />}
    </section>
  );
}

interface LegendProps {
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly pointed: number | null;
  readonly bucket: string | undefined;
}

function Legend({ series, format, pointed, bucket }: LegendProps) {
  return (
    <div className="flex min-w-0 flex-1 flex-col items-end text-xs text-soft">
      <span className="figure text-faint">{bucket ?? "\u00a0"}</span>
      <ul className="flex flex-wrap justify-end gap-x-2.5">
        {series.map(({ label, values, className }) => {
          const value = pointed === null ? undefined : values[pointed];
          return (
            <li key={label} className="inline-flex items-center gap-1">
              <svg aria-hidden width="8" height="8" className={className}>
                <rect
                  width="8"
                  height="8"
                  rx="2"
                  fill={className.includes("stroke-") ? "none" : undefined}
                  strokeWidth="4"
                />
              </svg>
              {label}
              {value !== undefined && (
                <span className="figure font-medium text-text">{value === null ? "–" : format(value)}</span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Plot(props: ChartProps) {
  const { title, kind, series, over, buckets, format, onPoint, chosen, onChoose, onOpen } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [dragFrom, setDragFrom] = useState<number | null>(null);
  const count = buckets.length;
  const isEmpty = count === 0;
  // Another period may have fewer buckets than the one that was pointed at.
  const pointed = props.pointed !== null && props.pointed < count ? props.pointed : null;
  const { step, bar } = bandsOf(count, width, 3);
  const most = niceMost(
    kind === "bars"
      ? buckets.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0))
      : series.flatMap(({ values }) => values.map((value) => value ?? 0)),
  );
  const hasAny = series.some(({ values }) => values.some((value) => (value ?? 0) > 0));
  const mostOver = niceMost((over?.values ?? []).map((value) => value ?? 0));
  const yOf = (top: number) => (value: number) => HEIGHT - 1 - (value / top) * (HEIGHT - 4);
  const y = yOf(most);
  const at = (event: PointerEvent) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    return Math.max(0, Math.min(count - 1, Math.floor((event.clientX - left) / step)));
  };
  const press = (event: KeyboardEvent) => {
    if (isEmpty) return;
    const from = pointed ?? -1;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(count - 1, to));
      onPoint(next);
      if (event.shiftKey) onChoose(stretchOf(chosen?.first ?? Math.max(0, from), next));
    } else if (event.key === "Enter" && pointed !== null) {
      event.preventDefault();
      if (onOpen) onOpen(pointed);
      else onChoose({ first: pointed, last: pointed });
    } else if (event.key === "Escape" && chosen) {
      event.preventDefault();
      onChoose(null);
    }
  };
  const told =
    pointed === null ? "" : tell(buckets[pointed] ?? "", over ? [...series, over] : series, pointed, format);
  return (
    <div ref={box} className="relative mt-auto pt-2">
      <div
        role="slider"
        aria-label={`${title}, bucket by bucket`}
        aria-disabled={isEmpty}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, count - 1)}
        aria-valuenow={pointed ?? 0}
        aria-valuetext={told || "No bucket is pointed at"}
        tabIndex={isEmpty ? -1 : 0}
        onKeyDown={press}
        onBlur={() => onPoint(null)}
        onPointerLeave={() => dragFrom === null && onPoint(null)}
        onPointerDown={(event) => {
          if (isEmpty) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragFrom(at(event));
        }}
        onPointerMove={(event) => {
          if (isEmpty) return;
          onPoint(at(event));
          if (dragFrom !== null && at(event) !== dragFrom) onChoose(stretchOf(dragFrom, at(event)));
        }}
        onPointerUp={(event) => {
          if (dragFrom !== null && at(event) === dragFrom) {
            if (chosen) onChoose(null);
            else onOpen?.(dragFrom);
          }
          setDragFrom(null);
        }}
        className={classNames("touch-pan-y rounded-sm", onOpen ? "cursor-pointer" : "cursor-crosshair")}
      >
        <svg aria-hidden width={width} height={HEIGHT} className="block overflow-visible">
          {chosen && (
            <rect
              x={chosen.first * step}
              width={(chosen.last - chosen.first + 1) * step}
              height={HEIGHT}
              className="fill-selected"
            />
          )}
          {pointed !== null && (
            <rect x={pointed * step} width={step} height={HEIGHT} className="fill-text opacity-[0.06]" />
          )}
          {[most, most / 2].map((value) => (
            <line key={value} x2={width} y1={y(value)} y2={y(value)} className="stroke-line" />
          ))}
          <line x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className="stroke-line-strong" />
          {kind === "bars" ? (
            <Bars series={series} count={count} step={step} bar={bar} y={y} />
          ) : (
            series.map((each) => <Line key={each.label} series={each} step={step} y={y} />)
          )}
          {over && <Line series={over} step={step} y={yOf(mostOver)} />}
          <text
            y={y(most) + 11}
            strokeWidth={4}
            strokeLinejoin="round"
            className="figure fill-faint stroke-surface text-2xs [paint-order:stroke]"
          >
            {hasAny ? format(most) : ""}
          </text>
          {over && hasAny && (
            <text
              x={width}
              y={y(most) + 11}
              textAnchor="end"
              strokeWidth={4}
              strokeLinejoin="round"
              className="figure fill-faint stroke-surface text-2xs [paint-order:stroke]"
            >
              {format(mostOver)} {over.label}
            </text>
          )}
        </svg>
      </div>
      <div className="figure mt-1 flex justify-between text-2xs text-faint" aria-hidden>
        <span>{buckets[0]}</span>
        <span>{buckets.at(-1)}</span>
      </div>
    </div>
  );
}

interface LineProps {
  readonly series: Series;
  readonly step: number;
  readonly y: (value: number) => number;
}

function Line({ series: { values, className }, step, y }: LineProps) {
  const x = (index: number) => (index + 0.5) * step;
  return (
    <>
      <path
        d={linePath(values, x, y)}
        className={classNames("fill-none", className)}
        strokeWidth={1.75}
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      {lonePlaces(values).map((index) => (
        <circle
          key={index}
          cx={x(index)}
          cy={y(values[index] ?? 0)}
          r={1.5}
          strokeWidth={3}
          className={classNames("fill-none", className)}
        />
      ))}
    </>
  );
}

interface BarsProps {
  readonly series: readonly Series[];
  readonly count: number;
  readonly step: number;
  readonly bar: number;
  readonly y: (value: number) => number;
}

function Bars({ series, count, step, bar, y }: BarsProps) {
  return Array.from({ length: count }, (_, index) => {
    let below = 0;
    return series.map(({ label, values, className }) => {
      const value = values[index] ?? 0;
      if (value <= 0) return null;
      const bottom = y(below);
      below += value;
      const height = Math.max(1.5, bottom - y(below));
      return (
        <rect
          key={`${label} ${index}`}
          x={index * step + (step - bar) / 2}
          y={bottom - height}
          width={bar}
          height={height}
          rx={Math.min(1.5, bar / 2)}
          className={classNames("opacity-80", className)}
        />
      );
    });
  });
}

function Figures({ title, series: bars, over, buckets, format, onOpen }: ChartProps) {
  const series = over ? [...bars, over] : bars;
  return (
    <div
      // It scrolls, so the keyboard must get there.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label={`${title} as a table`}
      className="mt-2 h-22 overflow-auto text-xs"
    >
      <table className="w-full">
        <thead className="sticky top-0 bg-surface text-faint">
          <tr>
            <th scope="col" className="pr-3 text-left font-medium">
              From
            </th>
            {series.map(({ label }) => (
              <th key={label} scope="col" className="pl-3 text-right font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="figure">
          {buckets.map((bucket, index) => (
            <tr key={bucket} className="border-t border-line">
              <th scope="row" className="pr-3 text-left font-normal">
                {onOpen ? (
                  <button
                    type="button"
                    onClick={() => onOpen(index)}
                    className="h-6 text-accent underline decoration-line-strong underline-offset-2 hover:decoration-current"
                  >
                    {bucket}
                  </button>
                ) : (
                  bucket
                )}
              </th>
              {series.map(({ label, values }) => {
                const value = values[index] ?? null;
                return (
                  <td key={label} className="pl-3 text-right">
                    {value === null ? "–" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function stretchOf(one: number, other: number): Stretch {
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

function tell(
  bucket: string,
  series: readonly Series[],
  index: number,
  format: (value: number) => string,
): string {
  const parts = series.map(({ label, values }) => {
    const value = values[index] ?? null;
    return `${label} ${value === null ? "none" : format(value)}`;
  });
  return `${bucket}: ${parts.join(", ")}`;
}

function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(240);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
