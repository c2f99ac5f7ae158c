import { formatCount } from "@/lib/format";

export interface Case {
  /** Where it was found, as a table. */
  readonly place?: string;
  readonly what: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** What happened how often, each with some of the cases. */
export function CaseList({ label, cases }: { readonly label: string; readonly cases: readonly Case[] }) {
  return (
    <ul
      aria-label={label}
      className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface"
    >
      {cases.map(({ place, what, count, examples }) => (
        <li key={`${place ?? ""} ${what}`} className="flex gap-3 px-3 py-2 sm:px-4">
          <span className="figure min-w-8 shrink-0 text-right text-sm font-semibold sm:min-w-14">
            {formatCount(count)}
          </span>
          <div className="min-w-0 flex-1">
            <p className="text-sm [overflow-wrap:anywhere]">
              {place !== undefined && (
                <>
                  <bdi className="font-mono text-xs text-soft">{place}</bdi>
                  {" · "}
                </>
              )}
              <bdi>{what}</bdi>
            </p>
            {examples.length > 0 && <Examples examples={examples} hasMore={count > examples.length} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Examples({
  examples,
  hasMore,
}: {
  readonly examples: readonly string[];
  readonly hasMore: boolean;
}) {
  return (
    <ul aria-label="Examples" className="mt-1 flex flex-wrap gap-1">
      {examples.map((example) => (
        <li
          key={example}
          title={example}
          className="name-text max-w-full rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-2xs text-soft"
        >
          {example}
        </li>
      ))}
      {hasMore && (
        <li aria-label="and more" className="px-1 py-0.5 text-2xs text-faint">
          …
        </li>
      )}
    </ul>
  );
}
