import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { classNames } from "@/ui/class-names";

/** The parameters of `GET /api/runs` that list the runs behind a figure. */
export type RunsFilter = Readonly<Record<string, string>>;

interface RunsLinkProps {
  readonly filter: RunsFilter | null;
  /** What is counted of those runs. */
  readonly only?: RunsFilter;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A figure that leads to the runs behind it. */
export function RunsLink({ filter, only, className, children }: RunsLinkProps) {
  if (filter === null) return <span className={className}>{children}</span>;
  return (
    <Link
      to="/runs"
      search={{ ...filter, ...only }}
      className={classNames(
        "relative z-[1] rounded-sm decoration-line-strong underline-offset-2 hover:underline",
        className,
      )}
    >
      {children}
    </Link>
  );
}
