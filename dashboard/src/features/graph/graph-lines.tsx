import { memo } from "react";
import { classNames } from "@/ui/class-names";
import { labelOf, type Line, type Way } from "./flow";
import { pathOf, type Layout } from "./layout";
import { mayCross, type Frame } from "./viewport";

export const LOOKS: Readonly<
  Record<Way, { readonly colour: string; readonly dash?: string; readonly width: number }>
> = {
  taken: { colour: "text-soft", width: 2 },
  planned: { colour: "text-control", dash: "5 4", width: 1.5 },
  strayed: { colour: "text-wait", dash: "10 3 2 3", width: 2 },
  called: { colour: "text-hue-violet", dash: "1.5 4", width: 1.75 },
};

interface GraphLinesProps {
  readonly lines: readonly Line[];
  readonly layout: Layout;
  readonly frame: Frame;
  readonly isCoarse: boolean;
  readonly selectedId: string | undefined;
}

/** The lines between boxes. They say nothing to screen readers: each box tells where its lines lead. */
export const GraphLines = memo(function GraphLines(props: GraphLinesProps) {
  const { lines, layout, frame, isCoarse, selectedId } = props;
  const seen = lines.filter((line) => {
    const route = layout.routes.get(line.id);
    return route !== undefined && mayCross(frame, route.points);
  });
  // What was gone stands above what was only planned.
  const ordered = [
    ...seen.filter((line) => line.way === "planned"),
    ...seen.filter((line) => line.way !== "planned"),
  ];
  return (
    <>
      {/* A layer of its own: dotted lines take long to draw, and what changes in boxes shall not draw them again. */}
      <svg
        aria-hidden
        width={Math.max(1, layout.width)}
        height={Math.max(1, layout.height)}
        className="pointer-events-none absolute top-0 left-0 overflow-visible will-change-[opacity]"
      >
        <defs>
          {(Object.keys(LOOKS) as Way[]).map((way) => (
            <Arrow key={way} id={`graph-arrow-${way}`} className={LOOKS[way].colour} />
          ))}
          <Arrow id="graph-arrow-selected" className="text-accent" />
        </defs>
        {ordered.map((line) => {
          const look = LOOKS[line.way];
          const isSelected = line.source === selectedId || line.target === selectedId;
          return (
            <path
              key={line.id}
              d={pathOf(layout.routes.get(line.id)?.points ?? [])}
              fill="none"
              stroke="currentColor"
              strokeDasharray={look.dash}
              strokeLinecap={line.way === "called" ? "round" : "butt"}
              style={{ strokeWidth: `calc(${look.width}px * var(--line-scale, 1))` }}
              markerEnd={isCoarse ? undefined : `url(#graph-arrow-${isSelected ? "selected" : line.way})`}
              className={isSelected ? "text-accent" : look.colour}
            />
          );
        })}
      </svg>
      {!isCoarse &&
        ordered.map((line) => {
          const at = layout.routes.get(line.id)?.label;
          return at ? (
            <span
              key={line.id}
              aria-hidden
              style={{ left: at.x, top: at.y }}
              title={labelOf(line)}
              className={classNames(
                "name-text absolute max-w-40 -translate-x-1/2 -translate-y-1/2 rounded-sm bg-page px-1 text-2xs",
                line.way === "planned" ? "text-faint" : "text-soft",
              )}
            >
              {labelOf(line)}
            </span>
          ) : null;
        })}
    </>
  );
});

function Arrow({ id, className }: { readonly id: string; readonly className: string }) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX={7}
      refY={4}
      markerWidth={9}
      markerHeight={9}
      markerUnits="userSpaceOnUse"
      orient="auto"
      className={className}
    >
      <path d="M0.5,0.8 L7.5,4 L0.5,7.2 Z" fill="currentColor" />
    </marker>
  );
}
