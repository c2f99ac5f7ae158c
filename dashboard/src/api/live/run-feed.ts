/**
 * What changes in one run, exactly and in order of its changes, without a connection of its own.
 *
 * The project's stream says that the run changed; the changes are then asked for, from the number on that was seen
 * last. Whoever puts each thing in the place of the one with the same id has what a fresh read has.
 */

import { useCallback, useEffect, useRef } from "react";
import { api, type Schemas } from "../client";
import { dataOf, isGone, isPassing } from "../problem";
import { useLiveState, useRunsListener } from "./live";

export type RunChanges = Schemas["RunChangePageView"];

export interface RunFeedListener {
  /** Take changes. Where `isReset`, what was seen before is of an earlier run of that id: begin with nothing. */
  readonly take: (changes: RunChanges, isReset: boolean) => void;
  /** The run was deleted. */
  readonly gone: () => void;
}

/** Changes come in at most so many requests a second, however fast they happen. */
const LEAST_PAUSE_MS = 120;
const TRY_AGAIN_MS = 2_000;
const PAGE = 2_000;

type ReadChanges = (runId: string, after: number, signal: AbortSignal) => Promise<RunChanges>;

export class RunFeed {
  readonly #runId: string;
  readonly #listener: RunFeedListener;
  readonly #read: ReadChanges;
  readonly #abort = new AbortController();
  #after: number;
  #isReading = false;
  #mayHaveChanged = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(runId: string, after: number, listener: RunFeedListener, read: ReadChanges = readChanges) {
    this.#runId = runId;
    this.#after = after;
    this.#listener = listener;
    this.#read = read;
  }

  /** Read what there is; something may have changed. */
  wake(): void {
    this.#mayHaveChanged = true;
    if (!this.#isReading && this.#timer === undefined) void this.#readOn();
  }

  close(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    let pauseMs = LEAST_PAUSE_MS;
    try {
      let isCaughtUp = false;
      while (!isCaughtUp && !this.#abort.signal.aborted) {
        this.#mayHaveChanged = false;
        const changes = await this.#read(this.#runId, this.#after, this.#abort.signal);
        if (this.#abort.signal.aborted) return;
        const isReset = changes.after !== this.#after;
        this.#after = changes.change_seq;
        isCaughtUp = changes.caught_up;
        this.#listener.take(changes, isReset);
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (isGone(error)) {
        this.#listener.gone();
        return;
      }
      this.#mayHaveChanged = isPassing(error);
      pauseMs = TRY_AGAIN_MS;
    } finally {
      this.#isReading = false;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#mayHaveChanged) void this.#readOn();
    }, pauseMs);
  }
}

async function readChanges(runId: string, after: number, signal: AbortSignal): Promise<RunChanges> {
  return dataOf(
    await api().GET("/api/by-id/{run_id}/changes", {
      params: {
        path: { run_id: runId },
        query: { limit: PAGE, after: String(after) },
      },
      signal,
    }),
  );
}

/** Follow a run while mounted, from a `change_seq` on; not before that is known. */
export function useRunFeed(runId: string, listener: RunFeedListener, after: number | undefined): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  const feed = useRef<RunFeed | null>(null);
  const { state } = useLiveState();
  const isHeard = state.kind === "live";
  const wasHeard = useRef(isHeard);
  useEffect(() => {
    wasHeard.current = isHeard;
    // What happened while the server was not heard was told to nobody.
    if (isHeard) feed.current?.wake();
  }, [isHeard]);
  useEffect(() => {
    if (after === undefined) return undefined;
    const opened = new RunFeed(runId, after, {
      take: (changes, isReset) => latest.current.take(changes, isReset),
      gone: () => latest.current.gone(),
    });
    feed.current = opened;
    if (wasHeard.current) opened.wake();
    return () => opened.close();
  }, [runId, after]);
  useRunsListener(
    useCallback(
      ({ runs, deleted, hasMissed }) => {
        if (hasMissed || runs.some((run) => run.run_id === runId) || deleted.includes(runId)) {
          feed.current?.wake();
        }
      },
      [runId],
    ),
  );
}
