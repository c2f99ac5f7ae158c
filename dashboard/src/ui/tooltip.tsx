import {
  cloneElement,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type HTMLAttributes,
  type ReactElement,
  type ReactNode,
} from "react";
import { createPortal } from "react-dom";
import { Keys } from "./keys";

const DELAY_MS = 350;
/** How long a pointer may be on its way from the element to the tip. */
const GRACE_MS = 150;
const GAP = 6;
const MARGIN = 8;

type Turn = (anchor: HTMLElement | null) => void;

// A page shows one at a time: what is to happen next, and to which.
let timer: ReturnType<typeof setTimeout> | undefined;
let shown: Turn | undefined;

function turnTip(turn: Turn, anchor: HTMLElement | null, afterMs: number): void {
  const act = () => {
    if (anchor !== null && shown !== turn) shown?.(null);
    if (anchor !== null) shown = turn;
    else if (shown === turn) shown = undefined;
    turn(anchor);
  };
  // What another is about to do is not undone by one that goes.
  if (anchor === null && shown !== turn && shown !== undefined) return;
  clearTimeout(timer);
  if (afterMs === 0) act();
  else timer = setTimeout(act, afterMs);
}

interface TooltipProps {
  readonly text: ReactNode;
  readonly keys?: string;
  /** The element that it explains. */
  readonly children: ReactElement<HTMLAttributes<HTMLElement>>;
}

/**
 * Explains an element to those who point at it or focus it. It must not hold what can't be found elsewhere.
 *
 * Pages have dozens of these and show one at a time, so there is nothing of it until it is shown.
 */
export function Tooltip({ text, keys, children }: TooltipProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const id = useId();
  const turn = (to: HTMLElement | null, afterMs: number) => turnTip(setAnchor, to, afterMs);
  const { props } = children;
  const explained = cloneElement(children, {
    "aria-describedby": anchor ? id : props["aria-describedby"],
    onPointerEnter: (event) => {
      props.onPointerEnter?.(event);
      if (event.pointerType !== "touch") turn(event.currentTarget, shown ? 0 : DELAY_MS);
    },
    onPointerLeave: (event) => {
      props.onPointerLeave?.(event);
      turn(null, anchor ? GRACE_MS : 0);
    },
    onPointerDown: (event) => {
      props.onPointerDown?.(event);
      turn(null, 0);
    },
    onFocus: (event) => {
      props.onFocus?.(event);
      if (event.currentTarget.matches(":focus-visible")) turn(event.currentTarget, 0);
    },
    onBlur: (event) => {
      props.onBlur?.(event);
      turn(null, 0);
    },
  });
  return (
    <>
      {explained}
      {anchor && (
        <Tip id={id} anchor={anchor} turn={setAnchor}>
          {text}
          {keys && <Keys keys={keys} isInverted />}
        </Tip>
      )}
    </>
  );
}

interface TipProps {
  readonly id: string;
  readonly anchor: HTMLElement;
  readonly turn: Turn;
  readonly children: ReactNode;
}

function Tip({ id, anchor, turn, children }: TipProps) {
  const tip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = tip.current;
    if (element === null) return;
    const at = anchor.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const below = at.bottom + GAP;
    const fits = below + height + MARGIN <= window.innerHeight;
    const left = at.left + at.width / 2 - width / 2;
    element.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`;
    element.style.top = `${fits ? below : at.top - GAP - height}px`;
  });
  useEffect(() => {
    const close = () => turnTip(turn, null, 0);
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      // The key was for this alone.
      event.preventDefault();
      close();
    };
    const scroll = ({ target }: Event) => {
      if (target instanceof Node && target.contains(anchor)) close();
    };
    document.addEventListener("keydown", press, { capture: true });
    window.addEventListener("scroll", scroll, { capture: true, passive: true });
    return () => {
      document.removeEventListener("keydown", press, { capture: true });
      window.removeEventListener("scroll", scroll, { capture: true });
      if (shown === turn) shown = undefined;
    };
  }, [anchor, turn]);
  return createPortal(
    <div
      ref={tip}
      id={id}
      role="tooltip"
      onPointerEnter={() => turnTip(turn, anchor, 0)}
      onPointerLeave={() => turnTip(turn, null, GRACE_MS)}
      className="fixed top-0 left-0 z-50 flex max-w-80 items-center gap-2 rounded-md bg-text px-2 py-1 text-xs text-page shadow-pop"
    >
      {children}
    </div>,
    document.body,
  );
}
