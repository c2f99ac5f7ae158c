import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface CrumbProps {
  readonly to: "/agents" | "/runs" | "/sessions";
  readonly words: string;
  /** What the page is of; nothing where there is no such thing. */
  readonly children?: ReactNode;
}

/** The list that a page belongs to, before its title. */
export function Crumb({ to, words, children }: CrumbProps) {
  return (
    <nav aria-label="Breadcrumb" className="flex min-w-0 flex-1 items-center gap-1.5">
      <Link to={to} className="text-sm text-soft hover:text-text hover:underline">
        {words}
      </Link>
      {children !== undefined && (
        <>
          <ChevronRight aria-hidden size={14} className="shrink-0 text-faint" />
          {children}
        </>
      )}
    </nav>
  );
}
