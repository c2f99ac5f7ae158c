/**
 * Calls at once, or with `isLate` after a period, and then at most once per period; the last call of a burst is never
 * lost.
 */
export function throttle(
  call: () => void,
  periodMs: number,
  { isLate = false }: { readonly isLate?: boolean } = {},
): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWaiting = false;
  const pass = () => {
    timer = undefined;
    if (!isWaiting) return;
    isWaiting = false;
    start();
  };
  const start = () => {
    timer = setTimeout(pass, periodMs);
    call();
  };
  const throttled = () => {
    if (timer === undefined && !isLate) start();
    else {
      isWaiting = true;
      timer ??= setTimeout(pass, periodMs);
    }
  };
  throttled.cancel = () => {
    clearTimeout(timer);
    timer = undefined;
    isWaiting = false;
  };
  return throttled;
}
