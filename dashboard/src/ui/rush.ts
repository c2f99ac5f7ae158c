import { useEffect, useRef, useState } from "react";

const QUIET_MS = 120;
/** So many screens in a row, each within the time of the one before, are no jump to a place. */
const LEAST_MOVES = 2;

/**
 * Whether rows pass faster than anybody reads: screen after screen. They need not be drawn in full until it is over.
 * `note` is told where a list is scrolled to, and how high what is seen of it is.
 */
export function useRush(): {
  readonly isRushing: boolean;
  readonly note: (offset: number, height: number) => void;
} {
  const [isRushing, setIsRushing] = useState(false);
  const seen = useRef({ offset: 0, nMoves: 0, timer: 0 });
  useEffect(() => {
    const last = seen.current;
    return () => window.clearTimeout(last.timer);
  }, []);
  const note = (offset: number, height: number) => {
    const last = seen.current;
    const isFar = height > 0 && Math.abs(offset - last.offset) > height;
    last.offset = offset;
    if (!isFar) return;
    last.nMoves += 1;
    if (last.nMoves >= LEAST_MOVES) setIsRushing(true);
    window.clearTimeout(last.timer);
    last.timer = window.setTimeout(() => {
      last.nMoves = 0;
      setIsRushing(false);
    }, QUIET_MS);
  };
  return { isRushing, note };
}
