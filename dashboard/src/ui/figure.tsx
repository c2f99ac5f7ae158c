import type { ReactNode } from "react";
import { UNKNOWN } from "@/lib/format";
import { classNames } from "./class-names";

interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  /** What the figure is made of, in a few words. */
  readonly note: ReactNode;
  /** What of it tells that something went wrong. */
  readonly bad?: "value" | "note" | undefined;
}

/** A figure with its name above and its meaning below; it stands in a `dl`. */
export function Figure({ label, value, note, bad }: FigureProps) {
  return (
    <div className="min-w-0 px-4 py-3 sm:border-l sm:border-line sm:px-5 sm:first:border-l-0">
      <dt className="text-xs font-medium text-faint">{label}</dt>
      <dd
        className={classNames("figure text-xl font-semibold tracking-tight", bad === "value" && "text-bad")}
      >
        {value ?? UNKNOWN}
      </dd>
      <dd className={classNames("truncate text-xs", bad === "note" ? "text-bad" : "text-faint")}>
        {note ?? "\u00a0"}
      </dd>
    </div>
  );
}
