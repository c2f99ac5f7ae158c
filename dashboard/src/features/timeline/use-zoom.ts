import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { readNumber } from "@/lib/search-params";
import { within } from "./time-scale";
import type { TimeWindow } from "./span-tree";

/** The address follows after a moment: browsers refuse more than a few changes of it a second. */
const PAUSE_MS = 250;

interface Zoom {
  /** What is looked at; undefined where it is the whole. */
  readonly window: TimeWindow | undefined;
  readonly zoom: (window: TimeWindow | undefined) => void;
}

/** The stretch of time that is looked at, which stands in the address. */
export function useZoom(whole: TimeWindow): Zoom {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const from = readNumber(search, "timeline-from");
  const to = readNumber(search, "timeline-to");
  const [shown, setShown] = useState<TimeWindow | undefined>(() => windowOf(from, to));
  const sent = useRef(keyOf(windowOf(from, to)));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const told = windowOf(from, to);
    // The address may change otherwise: by the back button, or by a link.
    if (keyOf(told) !== sent.current) {
      sent.current = keyOf(told);
      setShown(told);
    }
  }, [from, to]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const zoom = useCallback(
    (next: TimeWindow | undefined) => {
      setShown(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        sent.current = keyOf(next);
        void navigate({
          to: ".",
          search: ((before: Record<string, unknown>) => ({
            ...before,
            "timeline-from": next && round(next.from),
            "timeline-to": next && round(next.to),
          })) as never,
          replace: true,
          resetScroll: false,
        });
      }, PAUSE_MS);
    },
    [navigate],
  );
  const window = useMemo(() => {
    if (shown === undefined || shown.to <= whole.from || shown.from >= whole.to) return undefined;
    const inside = within(shown, whole);
    return inside.from <= whole.from && inside.to >= whole.to ? undefined : inside;
  }, [shown, whole]);
  return { window, zoom };
}

function windowOf(from: number | undefined, to: number | undefined): TimeWindow | undefined {
  return from !== undefined && to !== undefined && to > from ? { from, to } : undefined;
}

function keyOf(window: TimeWindow | undefined): string {
  return window ? `${round(window.from)} ${round(window.to)}` : "";
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
