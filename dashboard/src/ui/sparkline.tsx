interface SparklineProps {
  /** How many there were, day by day. */
  readonly all: readonly number[];
  /** How many of them failed. */
  readonly failed: readonly number[];
  /** What it says, in words. */
  readonly label: string;
}

const HEIGHT = 20;
const BAR = 5;
const GAP = 2;

/** Days as bars, with what failed of them at the bottom; a day without anything is a short line. */
export function Sparkline({ all, failed, label }: SparklineProps) {
  const most = Math.max(1, ...all);
  const width = all.length * (BAR + GAP) - GAP;
  return (
    <svg
      role="img"
      aria-label={label}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      className="block"
    >
      {all.map((count, day) => {
        const x = day * (BAR + GAP);
        // Few must not look like none.
        const height = count === 0 ? 0 : Math.max(3, Math.round((count / most) * HEIGHT));
        const bad = failed[day] ?? 0;
        const badHeight = bad === 0 ? 0 : Math.max(2, Math.round((bad / Math.max(1, count)) * height));
        return (
          // Days have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <g key={day}>
            <rect x={x} y={HEIGHT - 1} width={BAR} height={1} className="fill-line-strong" />
            {height > 0 && (
              <rect
                x={x}
                y={HEIGHT - height}
                width={BAR}
                height={height}
                rx={1}
                className="fill-hue-blue opacity-60"
              />
            )}
            {badHeight > 0 && (
              <rect x={x} y={HEIGHT - badHeight} width={BAR} height={badHeight} rx={1} className="fill-bad" />
            )}
          </g>
        );
      })}
    </svg>
  );
}
