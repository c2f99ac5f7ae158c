import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RunDetail } from "@/api/run";
import { readRuns } from "@/api/runs";
import { formatNumberOf } from "@/lib/format";
import { ChildRun } from "@/parts/child-run";
import { Failure, Waiting } from "@/ui/states";

const SHOWN = 30;

/** The runs that a run began, newest first, with what branches among them try. */
export default function ChildRuns({ run }: { readonly run: RunDetail }) {
  const { data, error, refetch } = useInfiniteQuery(readRuns({ parent: run.run_id }));
  const children = data?.pages.flatMap((page) => page.runs);
  if (children === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting />;
  }
  const hidden = Math.max(run.child_count, children.length) - SHOWN;
  return (
    <>
      <ul className="flex flex-col gap-1.5">
        {children.slice(0, SHOWN).map((child) => (
          <li key={child.run_id}>
            <ChildRun run={child} />
          </li>
        ))}
      </ul>
      <p className="mt-3 flex justify-between gap-3 text-sm text-soft">
        {hidden > 0 ? `and ${formatNumberOf(hidden, "more", "more")}` : ""}
        <Link to="/runs" search={{ parent: run.run_id } as never} className="text-accent hover:underline">
          As a list
        </Link>
      </p>
    </>
  );
}
