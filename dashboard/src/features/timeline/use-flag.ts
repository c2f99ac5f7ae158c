import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { readFlag } from "@/lib/search-params";

/** Whether something is on, which stands in the address. */
export function useFlag(name: string): readonly [boolean, (isOn: boolean) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const set = useCallback(
    (isOn: boolean) =>
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => ({ ...before, [name]: isOn || undefined })) as never,
        replace: true,
        resetScroll: false,
      }),
    [navigate, name],
  );
  return [readFlag(search, name) === true, set];
}
