import type { CSSProperties } from "react";
import { formatDuration } from "@/lib/format";
import type { TimeWindow } from "./span-tree";
import { formatTicks } from "./time-format";
import type { TimeScale } from "./time-scale";

interface AxisProps {
  readonly scale: TimeScale;
  readonly ticks: readonly number[];
  readonly zero: number;
}

/** The times over the bars. */
export function Axis({ scale, ticks, zero }: AxisProps) {
  const words = formatTicks(ticks.map((tick) => tick - zero));
  return ticks.map((tick, index) => {
    const place = scale.place(tick);
    if (place < -0.001 || place > 1) return null;
    const style: CSSProperties =
      place > 0.94
        ? { right: `${(1 - place) * 100}%`, paddingRight: 4 }
        : { left: `${place * 100}%`, paddingLeft: 4 };
    return (
      <span
        key={tick}
        style={style}
        className="figure absolute top-0 flex h-full items-center text-2xs text-faint"
      >
        {words[index]}
      </span>
    );
  });
}

interface LinesProps {
  readonly scale: TimeScale;
  readonly ticks: readonly number[];
  readonly gaps: readonly TimeWindow[];
  /** Whether the gaps are drawn shorter than they were. */
  readonly isCompressed: boolean;
}

/** The lines behind the bars, and the gaps. */
export function Lines({ scale, ticks, gaps, isCompressed }: LinesProps) {
  return (
    <>
      {ticks.map((tick) => {
        const place = scale.place(tick);
        return place < 0 || place > 1 ? null : (
          <span key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: `${place * 100}%` }} />
        );
      })}
      {isCompressed &&
        gaps.map((gap) => {
          const left = Math.max(0, scale.place(gap.from));
          const right = Math.min(1, scale.place(gap.to));
          return right <= 0 || left >= 1 ? null : (
            <span
              key={gap.from}
              title={`${formatDuration(gap.to - gap.from)} in which no call was going on`}
              className="absolute inset-y-0 border-x border-line-strong"
              style={{
                left: `${left * 100}%`,
                width: `${(right - left) * 100}%`,
                backgroundImage: "repeating-linear-gradient(135deg, var(--line) 0 3px, transparent 3px 8px)",
              }}
            />
          );
        })}
    </>
  );
}
