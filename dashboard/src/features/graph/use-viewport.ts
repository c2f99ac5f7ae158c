import { useNavigate, useSearch } from "@tanstack/react-router";
import { select } from "d3-selection";
import { zoom as makeZoom, zoomIdentity, type ZoomBehavior } from "d3-zoom";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { readText } from "@/lib/search-params";
import type { Layout, Point } from "./layout";
import {
  drawnFrame,
  firstView,
  LEAST_ZOOM,
  MOST_ZOOM,
  readView,
  reveal,
  writeView,
  type Frame,
  type Size,
  type Viewport,
} from "./viewport";

const KEEP_AFTER_MS = 400;

interface ViewportOfGraph {
  readonly view: Viewport;
  readonly size: Size;
  readonly frame: Frame;
  readonly set: (view: Viewport) => void;
  readonly zoomTo: (zoom: number) => void;
  /** Bring a box into sight, if it is not. */
  readonly show: (box: Point) => void;
}

/** Pan and zoom the graph in a pane, by wheel, pointers and calls. Where it stands is kept in the address, once it rests. */
export function useViewport(
  pane: HTMLElement | null,
  layout: Layout | null,
  interest: string | undefined,
): ViewportOfGraph {
  const behavior = useRef<ZoomBehavior<HTMLElement, unknown> | null>(null);
  const [view, setView] = useState<Viewport>({ x: 0, y: 0, zoom: 1 });
  const [size, setSize] = useState<Size | null>(null);
  const latest = useRef({ view, size });
  const isPlaced = useRef(false);
  const isMoved = useRef(false);
  const kept = readText(useSearch({ strict: false }), "graph-at");
  const navigate = useNavigate();

  useLayoutEffect(() => {
    if (pane === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) {
        setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
      }
    });
    observer.observe(pane);
    return () => observer.disconnect();
  }, [pane]);

  useEffect(() => {
    if (pane === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame: number | undefined;
    const zoom = makeZoom<HTMLElement, unknown>()
      .scaleExtent([LEAST_ZOOM, MOST_ZOOM])
      // Clicks of a hand that trembles are clicks.
      .clickDistance(5)
      .on("zoom", ({ transform, sourceEvent }) => {
        const next = { x: transform.x, y: transform.y, zoom: transform.k };
        latest.current = { ...latest.current, view: next };
        frame ??= requestAnimationFrame(() => {
          frame = undefined;
          setView(latest.current.view);
        });
        // What the page chose by itself need not stand in the address.
        if (sourceEvent) isMoved.current = true;
        clearTimeout(timer);
        if (isMoved.current) timer = setTimeout(keep, KEEP_AFTER_MS);
      });
    const keep = () => {
      const { view, size } = latest.current;
      if (size === null) return;
      const text = writeView(view, size);
      const search = (before: Record<string, unknown>) => ({ ...before, "graph-at": text });
      void navigate({ to: ".", search: search as never, replace: true, resetScroll: false });
    };
    behavior.current = zoom;
    select(pane).call(zoom).on("dblclick.zoom", null);
    return () => {
      clearTimeout(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
      select(pane).on(".zoom", null);
    };
  }, [navigate, pane]);

  const place = useCallback(
    (next: Viewport) => {
      if (pane === null || behavior.current === null) return;
      const transform = zoomIdentity.translate(next.x, next.y).scale(next.zoom);
      select(pane).call(behavior.current.transform, transform);
    },
    [pane],
  );

  const set = useCallback(
    (next: Viewport) => {
      isMoved.current = true;
      place(next);
    },
    [place],
  );

  const zoomTo = useCallback(
    (zoom: number) => {
      isMoved.current = true;
      if (pane !== null && behavior.current !== null) {
        select(pane).call(behavior.current.scaleTo, zoom);
      }
    },
    [pane],
  );

  const show = useCallback(
    (box: Point) => {
      const { view, size } = latest.current;
      if (size === null || !isPlaced.current) return;
      const next = reveal(view, box, size);
      if (next.x !== view.x || next.y !== view.y || next.zoom !== view.zoom) place(next);
    },
    [place],
  );

  // Once, as soon as it is known how large both are; after that the view is the person's.
  useLayoutEffect(() => {
    latest.current = { ...latest.current, size };
    if (layout === null || size === null || isPlaced.current) return;
    isPlaced.current = true;
    const first = readView(kept, size) ?? firstView(layout, size, interest);
    place(first);
    // At once, and not with the next frame as a move: nobody shall see the graph where it doesn't stay.
    setView(first);
  }, [layout, size, interest, kept, place]);

  const seen = size ?? { width: 0, height: 0 };
  const { left, top, right, bottom } = drawnFrame(view, seen);
  const frame = useMemo(() => ({ left, top, right, bottom }), [left, top, right, bottom]);
  return { view, size: seen, frame, set, zoomTo, show };
}
