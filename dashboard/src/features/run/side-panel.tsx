import {
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from "react";
import { readPreference, writePreference } from "@/ui/preference";
import { useShortcut } from "@/ui/shortcuts";

const LEAST = 320;
const MOST = 960;
const USUAL = 440;
const STEP = 32;
/** Where the panel covers the page. */
const NARROW = "(width < 64rem)";

interface SidePanelProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A pane at the right whose width a person sets by dragging or with arrows; on narrow screens it covers the page. */
export function SidePanel({ label, onClose, children }: SidePanelProps) {
  const [width, setWidth] = useState(() => clamp(Number(readPreference("panel-width")) || USUAL));
  useShortcut({ keys: "Escape", label: "Close the panel", group: "Run" }, onClose);
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => (panel.current === null ? undefined : takeFocus(panel.current)), []);
  const keep = (next: number) => {
    setWidth(clamp(next));
    writePreference("panel-width", String(clamp(next)));
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const [startX, startWidth] = [event.clientX, width];
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => keep(startWidth + startX - moved.clientX);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  const nudge = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: STEP, ArrowRight: -STEP };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    keep(width + step);
  };
  return (
    <section
      ref={panel}
      tabIndex={-1}
      // While it covers the page, nothing but it can be seen or reached: the shell hides itself.
      data-covers
      aria-label={label}
      style={{ "--panel-width": `${width}px` } as CSSProperties}
      className="visible absolute inset-0 z-20 flex min-h-0 bg-surface outline-none lg:relative lg:inset-auto lg:w-(--panel-width) lg:max-w-[70%] lg:border-l lg:border-line"
    >
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={`Width of the panel "${label}"`}
        aria-valuenow={width}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onPointerDown={drag}
        onKeyDown={nudge}
        onDoubleClick={() => keep(USUAL)}
        className="absolute inset-y-0 -left-1 z-10 hidden w-2 cursor-col-resize touch-none hover:bg-accent/30 lg:block"
      />
      <div className="min-h-0 min-w-0 flex-1 overflow-auto">{children}</div>
    </section>
  );
}

/** Take the focus where the panel covers what has it; return what gives it back. */
function takeFocus(panel: HTMLElement): () => void {
  const before = document.activeElement;
  if (matchMedia(NARROW).matches) panel.focus({ preventScroll: true });
  return () => {
    const after = document.activeElement;
    if (!(before instanceof HTMLElement) || (after !== document.body && !panel.contains(after))) return;
    // The page can't be focused before the panel is gone.
    requestAnimationFrame(() => before.focus({ preventScroll: true }));
  };
}

function clamp(width: number): number {
  return Math.min(MOST, Math.max(LEAST, Math.round(width)));
}
