import { classNames } from "@/ui/class-names";
import type { Line, Way } from "./flow";
import { LOOKS } from "./graph-lines";

const WORDS: Readonly<Record<Way, string>> = {
  taken: "Taken",
  planned: "Declared, not taken",
  strayed: "Taken, not declared",
  called: "Called",
};

/** What the lines that there are mean. */
export function Legend({ lines }: { readonly lines: readonly Line[] }) {
  const ways = (Object.keys(WORDS) as Way[]).filter((way) => lines.some((line) => line.way === way));
  if (ways.length === 0) return null;
  return (
    <ul
      aria-label="Lines"
      className="pointer-events-none absolute bottom-3 left-3 flex flex-wrap gap-x-3 gap-y-0.5 rounded-md bg-raised px-2.5 py-1.5 text-xs text-soft shadow-pop"
    >
      {ways.map((way) => (
        <li key={way} className="inline-flex items-center gap-1.5">
          <svg aria-hidden width={30} height={8} className={classNames("shrink-0", LOOKS[way].colour)}>
            <line
              x1={1}
              x2={29}
              y1={4}
              y2={4}
              stroke="currentColor"
              strokeWidth={LOOKS[way].width}
              strokeDasharray={LOOKS[way].dash}
              strokeLinecap={way === "called" ? "round" : "butt"}
            />
          </svg>
          {WORDS[way]}
        </li>
      ))}
    </ul>
  );
}
