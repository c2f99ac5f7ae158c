import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { readTexts } from "@/lib/search-params";

/** An address holds so many; of more it tells nothing, and they are forgotten with the page. */
const MOST_IN_ADDRESS = 30;

/** Which events hide what is below them. */
export function useCollapsed(): {
  readonly collapsed: ReadonlySet<string>;
  readonly setCollapsed: (collapsed: ReadonlySet<string>) => void;
} {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const [collapsed, setShown] = useState<ReadonlySet<string>>(
    () => new Set(readTexts(search, "timeline-collapsed")),
  );
  const setCollapsed = useCallback(
    (next: ReadonlySet<string>) => {
      setShown(next);
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => ({
          ...before,
          "timeline-collapsed": next.size > 0 && next.size <= MOST_IN_ADDRESS ? [...next] : undefined,
        })) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return { collapsed, setCollapsed };
}
