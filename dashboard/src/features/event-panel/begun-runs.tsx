import { useInfiniteQuery } from "@tanstack/react-query";
import type { RunDetail } from "@/api/run";
import { readRuns } from "@/api/runs";
import { formatNumberOf } from "@/lib/format";
import { ChildRun } from "@/parts/child-run";

interface BegunRunsProps {
  readonly run: RunDetail;
  readonly eventId: string;
}

/** The runs that an event began. */
export function BegunRuns({ run, eventId }: BegunRunsProps) {
  const { data } = useInfiniteQuery({
    ...readRuns({ parent: run.run_id }),
    enabled: run.child_count > 0,
  });
  const begun = data?.pages.flatMap((page) => page.runs).filter((child) => child.parent_event_id === eventId);
  if (begun === undefined || begun.length === 0) return null;
  return (
    <section aria-label="Runs that it began">
      <h3 className="mb-1.5 text-xs font-semibold text-soft">{formatNumberOf(begun.length, "run")} begun</h3>
      <ul className="flex flex-col gap-1.5">
        {begun.map((child) => (
          <li key={child.run_id}>
            <ChildRun run={child} />
          </li>
        ))}
      </ul>
    </section>
  );
}
