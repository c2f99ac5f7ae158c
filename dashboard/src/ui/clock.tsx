/** The present time, for what is told relative to it: one timer for all who look. */

import { useSyncExternalStore } from "react";
import { formatAgo, formatDuration, formatExactly, formatMoment } from "@/lib/format";

class Clock {
  #now = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #periodMs: number;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  readonly get = (): number => this.#now;
  readonly subscribe = (listener: () => void) => {
    if (this.#listeners.size === 0) {
      this.#now = Date.now();
      this.#timer = setInterval(() => this.#tick(), this.#periodMs);
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearInterval(this.#timer);
    };
  };

  #tick(): void {
    this.#now = Date.now();
    for (const listener of this.#listeners) listener();
  }
}

const everySecond = new Clock(1_000);
const often = new Clock(100);
const subscribeNever = () => () => undefined;

/** Return the present time, renewed every second, or ten times a second; `never` leaves it as it was. */
export function useNow(pace: "second" | "often" | "never" = "second"): number {
  const clock = pace === "often" ? often : everySecond;
  return useSyncExternalStore(pace === "never" ? subscribeNever : clock.subscribe, clock.get);
}

/** "3 min ago", with the exact time in its title. */
export function Ago({
  at,
  className,
}: {
  readonly at: string | null | undefined;
  readonly className?: string;
}) {
  const now = useNow();
  return (
    <time dateTime={at ?? undefined} title={formatExactly(at)} className={className}>
      {formatAgo(at, now)}
    </time>
  );
}

/** "22 Nov 14:03:09", with the exact time in its title. */
export function Moment({
  at,
  className,
}: {
  readonly at: string | null | undefined;
  readonly className?: string;
}) {
  return (
    <time dateTime={at ?? undefined} title={formatExactly(at)} className={className}>
      {formatMoment(at, useNow("never"))}
    </time>
  );
}

/** How long something took, or has been going on. */
export function Elapsed({
  ms,
  since,
  isLive,
}: {
  readonly ms: number;
  readonly since: string;
  readonly isLive: boolean;
}) {
  const now = useNow(isLive ? "second" : "never");
  return (
    <span className="figure">{formatDuration(isLive ? Math.max(ms, now - Date.parse(since)) : ms)}</span>
  );
}
