/**
 * The playhead of the run page: the moment that its views show.
 *
 * It moves with each frame, and the address follows a little later: a browser takes only so many addresses a second.
 */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { PARAMETER, readPosition, type Position } from "@/lib/playhead";
import { throttle } from "@/lib/throttle";

const ADDRESS_PERIOD_MS = 400;

class Playhead {
  #position: Position | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(position: Position | undefined) {
    this.#position = position;
  }

  readonly get = (): Position | undefined => this.#position;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly set = (position: Position | undefined): void => {
    if (position === this.#position) return;
    this.#position = position;
    for (const listener of this.#listeners) listener();
  };
}

const Context = createContext(new Playhead(undefined));
export const PlayheadContext = Context.Provider;

/** Make the playhead of a page, which stands where the address says, and whose moves the address follows. */
export function useNewPlayhead(): Playhead {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const asked = readPosition(search);
  const [playhead] = useState(() => new Playhead(asked));
  const told = useRef(asked);
  useEffect(() => {
    if (asked === told.current) return;
    told.current = asked;
    playhead.set(asked);
  }, [asked, playhead]);
  useEffect(() => {
    const write = () => {
      const position = playhead.get();
      if (position === told.current) return;
      told.current = position;
      void navigate({
        to: ".",
        search: ((before: object) => ({ ...before, [PARAMETER]: position })) as never,
        replace: true,
        resetScroll: false,
      });
    };
    // The first frame of a move has enough to do.
    const tell = throttle(write, ADDRESS_PERIOD_MS, { isLate: true });
    const leave = playhead.subscribe(tell);
    return () => {
      leave();
      tell.cancel();
    };
  }, [playhead, navigate]);
  return playhead;
}

export function usePlayhead(): {
  /** Undefined while nobody asked for the playhead. */
  readonly position: Position | undefined;
  readonly set: (position: Position | undefined) => void;
} {
  const playhead = useContext(Context);
  return { position: useSyncExternalStore(playhead.subscribe, playhead.get), set: playhead.set };
}

/** Return the moment of a run that began then which is to be shown, in milliseconds since 1970; null for now. */
export function useMoment(startedAt: string): number | null {
  const { position } = usePlayhead();
  return typeof position === "number" ? Date.parse(startedAt) + position : null;
}
