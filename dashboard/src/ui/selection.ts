/** The selection of the run page, which its views and its panel share, and which stands in the address. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { readSelection, withSelection, type Selection } from "@/lib/selection";

export function useSelection(): {
  readonly selection: Selection;
  /** Select something else, or nothing. Views that follow the keyboard replace the entry of the history. */
  readonly select: (selection: Selection, options?: { readonly replace?: boolean }) => void;
} {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { event, node, message, file } = search as Selection;
  const selection = useMemo(
    () => readSelection({ event, node, message, file }),
    [event, node, message, file],
  );
  const select = useCallback(
    (next: Selection, options?: { readonly replace?: boolean }) =>
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => withSelection(before, next)) as never,
        replace: options?.replace ?? false,
        resetScroll: false,
      }),
    [navigate],
  );
  return { selection, select };
}
